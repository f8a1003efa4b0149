using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Carries a leading axis of directions through nodes by their batching rules.</summary>
internal static class Batching
{
    /// <summary>
    /// Builds in <paramref name="b"/> the nodes anew that depend on a value of <paramref name="batched"/>, and adds their
    /// outputs to it. All others are used as they are, once for all directions.
    /// </summary>
    public static void Run(GraphBuilder b, IEnumerable<Node> nodes, IDictionary<Value, Value> batched, Dim directions)
    {
        foreach (var node in nodes)
        {
            ImmutableArray<bool> active = [.. node.Inputs.Select(input => input is not null && batched.ContainsKey(input))];
            if (!active.Contains(true))
                continue;
            using var origin = b.For(NodeOrigin.Of(node));
            ImmutableArray<Value?> inputs =
            [
                .. node.Inputs.Select(input => input is not null && batched.TryGetValue(input, out var all) ? all : input),
            ];
            try
            {
                var outputs = node.Rules().Batch(b, node, inputs, active, directions);
                for (var index = 0; index < outputs.Length; index++)
                    batched[node.Outputs[index]] = outputs[index];
            }
            catch (UnsupportedOperatorException exception)
            {
                throw new UnsupportedModelException([new UnsupportedNode(node, exception.Message)]);
            }
            catch (Exception exception) when (NodeTrace.Note(exception, () => NodeOrigin.Of(node).Text))
            {
                throw;
            }
        }
    }
}
