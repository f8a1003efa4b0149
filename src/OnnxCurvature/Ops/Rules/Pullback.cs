using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Carries cotangents back through nodes that are linear in tangents, by their transposition rules.</summary>
internal static class Pullback
{
    /// <summary>
    /// Adds to <paramref name="sums"/> the cotangents of all inputs of <paramref name="nodes"/>, which must be in topological order, that
    /// are among <paramref name="tangents"/> or depend on them. Nodes that are not linear or have no transpose are collected in
    /// <paramref name="refusals"/>.
    /// </summary>
    public static void Run(
        GraphBuilder b,
        IReadOnlyList<Node> nodes,
        IEnumerable<Value> tangents,
        IDictionary<Value, Value> sums,
        ICollection<UnsupportedNode> refusals
    )
    {
        var active = new HashSet<Value>(tangents);
        foreach (var node in nodes)
            if (GraphWalk.Dependencies(node).Any(active.Contains))
                active.UnionWith(node.Outputs);
        for (var at = nodes.Count - 1; at >= 0; at--)
        {
            var node = nodes[at];
            ImmutableArray<Value?> cy = [.. node.Outputs.Select(output => sums.TryGetValue(output, out var sum) ? sum : null)];
            ImmutableArray<bool> inputs = [.. node.Inputs.Select(input => input is not null && active.Contains(input))];
            if (cy.All(cotangent => cotangent is null) || !inputs.Contains(true))
                continue;
            using var origin = b.For(node.Origin);
            try
            {
                if (node.Rules().CurvatureIn(node, inputs) != Curvature.Linear)
                    throw new UnsupportedOperatorException($"{node.Operator.Name} is not linear in its tangents, so it has no transpose.");
                var cx = node.Rules().TransposeAll(b, node, inputs, cy);
                for (var index = 0; index < inputs.Length; index++)
                    if (cx[index] is { } cotangent)
                        Accumulate(b, sums, node.Inputs[index]!, Broadcasting.Undo(b, cotangent, node.Inputs[index]!.Type.Shape));
            }
            catch (UnsupportedOperatorException exception)
            {
                refusals.Add(new UnsupportedNode(node, exception.Message));
            }
            catch (Exception exception) when (NodeTrace.Note(exception, () => NodeOrigin.Of(node).Text))
            {
                throw;
            }
        }
    }

    /// <summary>Adds a cotangent to what is there of a value.</summary>
    public static void Accumulate(GraphBuilder b, IDictionary<Value, Value> sums, Value value, Value cotangent) =>
        sums[value] = sums.TryGetValue(value, out var sum) ? Elementwise.Add.Of(b, sum, cotangent) : cotangent;
}
