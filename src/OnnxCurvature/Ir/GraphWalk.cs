using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>Walks over the nodes that compute values. Nothing here recurses over the depth of a graph.</summary>
internal static class GraphWalk
{
    /// <summary>The values that a node depends on: its inputs, and those that its bodies capture.</summary>
    public static IReadOnlyList<Value> Dependencies(Node node) => node.Dependencies;

    /// <summary>The values of outer programs that a body takes, each once, in order of first use.</summary>
    public static IReadOnlyList<Value> Captures(Program body) => body.Captures;

    /// <summary>
    /// The nodes that compute <paramref name="outputs"/>, in the order in which they were built, without what computes
    /// <paramref name="stop"/> and, where a <paramref name="scope"/> is given, without nodes of other builders.
    /// </summary>
    public static ImmutableArray<Node> Ancestors(IEnumerable<Value> outputs, IReadOnlySet<Value>? stop = null, GraphBuilder? scope = null)
    {
        var seen = new HashSet<Node>();
        var pending = new Stack<Node>();
        foreach (var output in outputs)
            Visit(output);
        while (pending.TryPop(out var node))
            foreach (var value in node.Dependencies)
                Visit(value);
        return [.. seen.OrderBy(node => node.Id)];

        void Visit(Value value)
        {
            if (
                value.Producer is { } producer
                && stop?.Contains(value) != true
                && (scope is null || producer.Scope == scope)
                && seen.Add(producer)
            )
                pending.Push(producer);
        }
    }

    /// <summary>
    /// Of the nodes that compute <paramref name="outputs"/>, those that depend on <paramref name="sources"/>, in order; what
    /// computes a source is not among them.
    /// </summary>
    public static ImmutableArray<Node> Between(IReadOnlySet<Value> sources, IEnumerable<Value> outputs)
    {
        var active = new HashSet<Value>(sources);
        var between = ImmutableArray.CreateBuilder<Node>();
        foreach (var node in Ancestors(outputs, sources))
        {
            if (!Dependencies(node).Any(active.Contains))
                continue;
            between.Add(node);
            active.UnionWith(node.Outputs);
        }
        return between.ToImmutable();
    }

    /// <summary>Whether a value is computed from constants alone.</summary>
    public static bool HoldsNoParameter(Value value) => value.Producer is { } producer ? producer.HoldsNoParameter : !value.IsParameter;
}
