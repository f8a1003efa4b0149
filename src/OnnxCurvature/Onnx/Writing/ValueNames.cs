using System.Text;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// Gives every value of a program and of its bodies a name of its own. Names of the model stay; others are made of what a
/// node is for and of its operator, and are numbered in the order of the program.
/// </summary>
internal sealed class ValueNames
{
    private const int LongestOrigin = 80;

    private readonly Dictionary<Value, string> _names = [];
    private readonly UniqueNames _used = new();
    private readonly List<Value> _namesakes = [];

    /// <summary>Reserves the names of a program: those of its outputs, then those that its values have.</summary>
    public ValueNames(Program program)
    {
        foreach (var output in program.Outputs)
        {
            _used.Take(output.Name);
            if (
                !_names.ContainsKey(output.Value)
                && (
                    output.Value.Name == output.Name
                    || (output.Value.Name is null && !program.Parameters.Contains(output.Value) && output.Value.Producer is not null)
                )
            )
                _names[output.Value] = output.Name;
        }
        Reserve(program);
        // Only now, so that no number makes the name of another value.
        foreach (var value in _namesakes.Distinct())
            _names[value] = Unique(value.Name!);
    }

    /// <summary>The name of a value; one is made where it has none yet.</summary>
    public string Of(Value value)
    {
        if (!_names.TryGetValue(value, out var name))
            _names[value] = name = Unique(
                value switch
                {
                    { Producer: { } node, Index: 0 } => Base(node),
                    { Producer: { } node } => $"{Base(node)}.{value.Index}",
                    { Constant: null } => "input",
                    _ => "constant",
                }
            );
        return name;
    }

    /// <summary>Forgets the names of values that are about to be written again in another place.</summary>
    public void Renew(Program body)
    {
        foreach (var value in body.Parameters.Concat(body.Nodes.SelectMany(node => node.Outputs)))
            if (_names.Remove(value, out var name))
                _names[value] = Unique(name);
    }

    /// <summary>A name that nothing has yet: the given one, or one with a number after it.</summary>
    public string Unique(string name) => _used.Of(name);

    private void Reserve(Program program)
    {
        foreach (var parameter in program.Parameters)
            Reserve(parameter);
        foreach (var node in program.Nodes)
        {
            foreach (var input in node.Inputs)
                if (input is { Constant: not null })
                    Reserve(input);
            foreach (var output in node.Outputs)
                Reserve(output);
            foreach (var body in node.Bodies)
                Reserve(body);
        }
        foreach (var output in program.Outputs)
            if (output.Value.Constant is not null)
                Reserve(output.Value);
    }

    private void Reserve(Value value)
    {
        if (value.Name is not { Length: > 0 } name || _names.ContainsKey(value))
            return;
        if (_used.Take(name))
            _names[value] = name;
        else
            _namesakes.Add(value);
    }

    private static string Base(Node node) => node.Origin is { } origin ? $"{Clean(origin.Text)}/{node.Operator.Name}" : node.Operator.Name;

    private static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var letter in text)
            if (char.IsAsciiLetterOrDigit(letter) || letter is '.' or '/' or '-')
                clean.Append(letter);
            else if (letter is not '\'' && clean.Length > 0 && clean[^1] != '_')
                clean.Append('_');
        return clean.ToString(0, Math.Min(clean.Length, LongestOrigin)).Trim('_');
    }
}
