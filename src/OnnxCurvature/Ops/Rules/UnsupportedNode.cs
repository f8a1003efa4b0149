using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>A node that cannot be taken, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">One sentence.</param>
public sealed record UnsupportedNode(Node Node, string Reason);

/// <summary>Reports all nodes of a model that cannot be taken.</summary>
public sealed class UnsupportedModelException(IReadOnlyList<UnsupportedNode> nodes)
    : Exception(string.Join("; ", nodes.DistinctBy(refusal => (refusal.Node.Origin ?? refusal.Node.ToString(), refusal.Reason))
        .Select(refusal => $"{refusal.Node.Origin ?? refusal.Node.ToString()}: {refusal.Reason}")))
{
    /// <summary>The nodes.</summary>
    public IReadOnlyList<UnsupportedNode> Nodes { get; } = nodes;
}
