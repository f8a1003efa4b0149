using System.Globalization;
using System.Text;

namespace OnnxCurvature.Ir;

/// <summary>
/// Lists programs as text, one node a line. Values without a name are numbered in the order of the listing, and constants of a
/// few elements stand where they are used, so that the same program gives the same text.
/// </summary>
internal static class ProgramPrinter
{
    private const int MostElements = 8;

    /// <summary>The listing of a program, each line ended by a line feed.</summary>
    public static string Print(Program program)
    {
        var text = new StringBuilder();
        Print(program, text, "", new Dictionary<Value, string>());
        return text.ToString();
    }

    private static void Print(Program program, StringBuilder text, string indent, Dictionary<Value, string> names)
    {
        text.Append(indent)
            .Append('(')
            .AppendJoin(", ", program.Parameters.Select(parameter => $"{Name(parameter, names)}: {parameter.Type}"))
            .Append(") {\n");
        var inner = indent + "  ";
        foreach (var node in program.Nodes)
        {
            var inputs = node.Inputs.Select(input => input is null ? "_" : Use(input, program, names)).ToList();
            text.Append(inner)
                .AppendJoin(", ", node.Outputs.Select(output => Name(output, names)))
                .Append(" = ")
                .Append(node.Operator)
                .Append('(')
                .AppendJoin(", ", inputs)
                .Append(')');
            var attributes = node
                .Attributes.Items.Where(item => item.Value is not Program)
                .Select(item => $"{item.Key}={Format(item.Value)}")
                .ToList();
            if (attributes.Count > 0)
                text.Append(" {").AppendJoin(", ", attributes).Append('}');
            text.Append(" : ").AppendJoin(", ", node.Outputs.Select(output => output.Type));
            if (node.Origin is { } origin)
                text.Append("  # ").Append(origin);
            text.Append('\n');
            foreach (var (name, body) in node.Attributes.Items)
                if (body is Program inside)
                {
                    text.Append(inner).Append("  ").Append(name).Append(":\n");
                    Print(inside, text, inner + "  ", names);
                }
        }
        foreach (var output in program.Outputs)
            text.Append(inner).Append("return ").Append(output.Name).Append(" = ").Append(Use(output.Value, program, names)).Append('\n');
        text.Append(indent).Append("}\n");
    }

    private static string Use(Value value, Program program, Dictionary<Value, string> names) =>
        value.Constant is { } constant && !program.Parameters.Contains(value)
            ? value.Name
                ?? (
                    constant is InlineConstant inline && inline.Read() is { Count: <= MostElements } small
                        ? Format(small)
                        : $"<{constant.Type}>"
                )
            : Name(value, names);

    private static string Name(Value value, Dictionary<Value, string> names)
    {
        if (!names.TryGetValue(value, out var name))
            names[value] = name = value.Name ?? $"%{names.Count.ToString(CultureInfo.InvariantCulture)}";
        return name;
    }

    private static string Format(object value) =>
        value is Tensor { Count: <= MostElements } tensor
            ? $"{tensor.Type}<{string.Join(",", Enumerable.Range(0, tensor.Count).Select(index => Element(tensor, index)))}>"
            : Attributes.Format(value);

    private static string Element(Tensor tensor, int index) => tensor.At(index).ToString("R", CultureInfo.InvariantCulture);
}
