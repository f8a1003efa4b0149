using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// The cheapest set of values that all influence of a target passes before it meets a curvature source: a minimum vertex cut, found as a
/// maximum flow from the target to the sources along shortest augmenting paths (Edmonds and Karp).
/// </summary>
internal sealed class MinimumCut
{
    private readonly List<Value> _values = [];
    private readonly Dictionary<Value, int> _indices = [];
    private readonly List<(int To, int Back, double Left)>[] _edges;

    private MinimumCut(ImmutableArray<(Node Node, Curvature Curvature)> nodes, Value target, Func<Value, double> capacity)
    {
        Number(target);
        var linear = new List<Node>();
        var curved = new HashSet<Value>();
        foreach (var (node, curvature) in nodes)
            if (curvature != Curvature.Curved && !GraphWalk.Dependencies(node).Any(curved.Contains))
            {
                linear.Add(node);
                foreach (var output in node.Outputs)
                    Number(output);
            }
            else
            {
                curved.UnionWith(node.Outputs);
            }
        // A value v is an edge from 2v to 2v + 1; the last vertex is the sources.
        _edges = [.. Enumerable.Range(0, 2 * _values.Count + 1).Select(_ => new List<(int, int, double)>())];
        for (var index = 0; index < _values.Count; index++)
            Connect(2 * index, 2 * index + 1, index == 0 ? double.PositiveInfinity : capacity(_values[index]));
        foreach (var node in linear)
        foreach (var input in GraphWalk.Dependencies(node).Where(_indices.ContainsKey).Distinct())
        foreach (var output in node.Outputs)
            Connect(2 * _indices[input] + 1, 2 * _indices[output], double.PositiveInfinity);
        foreach (
            var input in nodes
                .Select(found => found.Node)
                .Where(node => !_indices.ContainsKey(node.Outputs[0]))
                .SelectMany(GraphWalk.Dependencies)
                .Where(_indices.ContainsKey)
                .Distinct()
        )
            Connect(2 * _indices[input] + 1, 2 * _values.Count, double.PositiveInfinity);
    }

    /// <summary>
    /// The cut, in the order of the graph; empty where the target itself meets a source, or no finite cut keeps it from one.
    /// </summary>
    /// <param name="nodes">The nodes between target and loss, in order.</param>
    /// <param name="target">The target.</param>
    /// <param name="capacity">The cost of a cut at a value; infinite where that cannot be done.</param>
    public static ImmutableArray<Value> Of(
        ImmutableArray<(Node Node, Curvature Curvature)> nodes,
        Value target,
        Func<Value, double> capacity
    ) => new MinimumCut(nodes, target, capacity).Cut();

    private void Number(Value value)
    {
        _indices[value] = _values.Count;
        _values.Add(value);
    }

    private void Connect(int from, int to, double capacity)
    {
        _edges[from].Add((to, _edges[to].Count, capacity));
        _edges[to].Add((from, _edges[from].Count - 1, 0));
    }

    private ImmutableArray<Value> Cut()
    {
        while (true)
        {
            var from = Reach();
            if (from[^1] is null)
                // Where the flow ends: the values whose first half can be reached and whose second cannot.
                return [.. _values.Where((_, index) => from[2 * index] is not null && from[2 * index + 1] is null)];
            var flow = double.PositiveInfinity;
            for (var at = _edges.Length - 1; at != 0; at = from[at]!.Value.Vertex)
                flow = Math.Min(flow, _edges[from[at]!.Value.Vertex][from[at]!.Value.Edge].Left);
            if (double.IsPositiveInfinity(flow))
                return [];
            for (var at = _edges.Length - 1; at != 0; at = from[at]!.Value.Vertex)
            {
                var (vertex, edge) = from[at]!.Value;
                var (to, back, left) = _edges[vertex][edge];
                _edges[vertex][edge] = (to, back, left - flow);
                _edges[to][back] = _edges[to][back] with { Left = _edges[to][back].Left + flow };
            }
        }
    }

    /// <summary>Each vertex that can be reached from the target, with the edge by which it is reached first.</summary>
    private (int Vertex, int Edge)?[] Reach()
    {
        var from = new (int, int)?[_edges.Length];
        from[0] = (0, 0);
        var queue = new Queue<int>([0]);
        while (queue.TryDequeue(out var vertex))
            for (var edge = 0; edge < _edges[vertex].Count; edge++)
                if (_edges[vertex][edge] is { Left: > 0 } open && from[open.To] is null)
                {
                    from[open.To] = (vertex, edge);
                    queue.Enqueue(open.To);
                }
        return from;
    }
}
