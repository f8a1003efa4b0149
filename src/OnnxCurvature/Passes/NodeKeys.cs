using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>Texts that nodes have in common which compute the same. A program and its bodies share one instance.</summary>
internal sealed class NodeKeys
{
    private readonly Dictionary<object, int> _identities = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _bodies = new(StringComparer.Ordinal);

    /// <summary>
    /// The key of a node with these inputs and attributes. Nodes of one key give the same outputs, but for how many they give.
    /// </summary>
    public string Of(Node node, ImmutableArray<Value?> inputs, Attributes attributes) => Key(node, inputs, attributes, Identity, 0);

    private string Key(Node node, ImmutableArray<Value?> inputs, Attributes attributes, Func<object, int> identity, int places)
    {
        var key = new StringBuilder(node.Operator.ToString()).Append('(');
        foreach (var input in inputs)
            key.Append(
                    input switch
                    {
                        null => "-",
                        { IsWeight: false, Constant: InlineConstant constant } => constant.Contents,
                        _ => identity(input).ToString(CultureInfo.InvariantCulture),
                    }
                )
                .Append(',');
        return key.Append(')')
            .Append(attributes.Key(value => value is Program body ? Identity(body, identity, places) : identity(value)))
            .ToString();
    }

    /// <summary>
    /// A number that bodies have in common which compute the same: what a body defines counts by its place in it and in those around it.
    /// </summary>
    private int Identity(Program body, Func<object, int> around, int places)
    {
        var own = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        int Place(object value) => own.TryGetValue(value, out var place) ? place : around(value);
        void Define(Value value) => own[value] = -1 - places++;
        var text = new StringBuilder();
        foreach (var parameter in body.Parameters)
        {
            Define(parameter);
            text.Append(parameter.Type).Append(';');
        }
        foreach (var node in body.Nodes)
        {
            text.Append(Key(node, node.Inputs, node.Attributes, Place, places)).Append(node.Outputs.Length).Append(';');
            foreach (var output in node.Outputs)
                Define(output);
        }
        foreach (var output in body.Outputs)
            text.Append(
                    output.Value is { IsWeight: false, Constant: InlineConstant constant }
                        ? constant.Contents
                        : Place(output.Value).ToString(CultureInfo.InvariantCulture)
                )
                .Append(';');
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        if (!_bodies.TryGetValue(digest, out var identity))
            _bodies[digest] = identity = _bodies.Count;
        return identity;
    }

    private int Identity(object value)
    {
        if (!_identities.TryGetValue(value, out var identity))
            _identities[value] = identity = _identities.Count;
        return identity;
    }
}
