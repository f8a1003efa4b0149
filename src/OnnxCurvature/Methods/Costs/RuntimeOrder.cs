using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// The order in which ONNX Runtime runs the nodes of a graph on one stream: depth first from the nodes that no other follows, the last of
/// them first, and of a node's inputs the one of the latest node first. How many values wait at a time depends on it.
/// </summary>
internal static class RuntimeOrder
{
    /// <summary>The nodes of a program in that order.</summary>
    public static ImmutableArray<Node> Of(Program program)
    {
        var (indices, followed) = (new Dictionary<Node, int>(), new HashSet<Node>());
        foreach (var (index, node) in program.Nodes.Index())
        {
            indices[node] = index;
            foreach (var before in Before(node))
                followed.Add(before);
        }
        var (order, met, stack) = (
            ImmutableArray.CreateBuilder<Node>(program.Nodes.Length),
            new HashSet<Node>(),
            new Stack<(Node Node, bool IsDone)>()
        );
        foreach (var node in program.Nodes.Where(node => !followed.Contains(node)))
            stack.Push((node, false));
        while (stack.TryPop(out var top))
            if (top.IsDone)
                order.Add(top.Node);
            else if (met.Add(top.Node))
            {
                stack.Push((top.Node, true));
                foreach (
                    var before in Before(top.Node).Where(before => !met.Contains(before)).Distinct().OrderBy(before => indices[before])
                )
                    stack.Push((before, false));
            }
        return order.MoveToImmutable();

        IEnumerable<Node> Before(Node node) =>
            GraphWalk.Dependencies(node).Select(value => value.Producer).OfType<Node>().Where(indices.ContainsKey);
    }
}
