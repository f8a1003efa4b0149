using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Passes;

/// <summary>Nodes that a pass takes over.</summary>
internal static class NodeCopies
{
    /// <summary>Appends a node anew, with inputs and attributes of its own, and maps each of its outputs to that of the new one.</summary>
    /// <param name="b">Where the node is built.</param>
    /// <param name="node">The node.</param>
    /// <param name="inputs">The inputs of the new one.</param>
    /// <param name="attributes">The attributes of the new one.</param>
    /// <param name="map">Receives what became of the outputs.</param>
    /// <param name="nameOf">The names of the outputs; null for those that they have.</param>
    public static Node AppendTo(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        Attributes attributes,
        IDictionary<Value, Value> map,
        Func<Value, string?>? nameOf = null
    )
    {
        var copy = b.Append(
            node.Operator,
            inputs,
            attributes,
            [.. node.Outputs.Select(output => (output.Type, nameOf is null ? output.Name : nameOf(output)))],
            node.Name
        );
        for (var index = 0; index < node.Outputs.Length; index++)
            map[node.Outputs[index]] = copy.Outputs[index];
        return copy;
    }
}
