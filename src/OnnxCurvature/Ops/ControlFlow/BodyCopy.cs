using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>Builds the nodes of a body once more, for a body that computes something else besides.</summary>
internal static class BodyCopy
{
    /// <summary>Copies of nodes in <paramref name="b"/>. <paramref name="map"/> takes what became of their outputs.</summary>
    public static ImmutableArray<Node> Into(GraphBuilder b, IEnumerable<Node> nodes, IDictionary<Value, Value> map)
    {
        var copies = ImmutableArray.CreateBuilder<Node>();
        foreach (var node in nodes)
        {
            var attributes = node.Attributes;
            foreach (var (name, value) in node.Attributes.Items)
                if (value is Program body)
                    attributes = attributes.With(name, Copy(b, body, map));
            using var origin = b.For(node.Output.Name is null ? node.Origin ?? b.Origin : NodeOrigin.Of(node));
            var copy = b.Append(
                node.Operator,
                [.. node.Inputs.Select(input => input is null ? null : Mapped(map, input))],
                attributes,
                [.. node.Outputs.Select(output => output.Type)]
            );
            for (var index = 0; index < node.Outputs.Length; index++)
                map[node.Outputs[index]] = copy.Outputs[index];
            copies.Add(copy);
        }
        return copies.ToImmutable();
    }

    /// <summary>The value that took the place of another; itself where none did.</summary>
    public static Value Mapped(IDictionary<Value, Value> map, Value value) => map.TryGetValue(value, out var mapped) ? mapped : value;

    /// <summary>
    /// A node on other inputs of the same types, whose bodies capture these, too. Throws <see cref="UnsupportedOperatorException"/> where a
    /// type differs.
    /// </summary>
    public static Node Substitute(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        var map = new Dictionary<Value, Value>();
        for (var index = 0; index < inputs.Length; index++)
            if (node.Inputs[index] is { } old && inputs[index] is { } own)
                map[old] =
                    own.Type == old.Type
                        ? own
                        : throw new UnsupportedOperatorException($"{node.Operator.Name} cannot be taken for single samples.");
        var attributes = node.Attributes;
        foreach (var (name, value) in node.Attributes.Items)
            if (value is Program body)
                attributes = attributes.With(name, Copy(b, body, map));
        var op = (IBodyOperator)node.Operator;
        return b.Append(node.Operator, op.WithCaptures(inputs, attributes), attributes, [.. node.Outputs.Select(output => output.Type)]);
    }

    private static Program Copy(GraphBuilder b, Program body, IDictionary<Value, Value> map)
    {
        var inner = new GraphBuilder(b);
        var parameters = new List<Value>();
        foreach (var parameter in body.Parameters)
            parameters.Add(map[parameter] = inner.Parameter(parameter.Type));
        Into(inner, body.Nodes, map);
        return inner.Build(parameters, body.Outputs.Select(output => output with { Value = Mapped(map, output.Value) }));
    }
}
