using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>A node that cannot be taken, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">One sentence.</param>
internal sealed record UnsupportedNode(Node Node, string Reason)
{
    /// <summary>The obstacle to a node whose bodies hold nodes that cannot be taken: all of them.</summary>
    public static UnsupportedOperatorException InBody(IEnumerable<UnsupportedNode> refusals) =>
        new(
            string.Join(
                "; ",
                refusals.Select(refusal => $"{NodeOrigin.Of(refusal.Node)} in its body: {refusal.Reason.TrimEnd('.')}").Distinct()
            ) + "."
        );
}

/// <summary>Reports all nodes of a model that cannot be taken.</summary>
internal sealed class UnsupportedModelException(IReadOnlyList<UnsupportedNode> nodes)
    : Exception(
        string.Join(
            "; ",
            nodes
                .DistinctBy(refusal => (NodeOrigin.Of(refusal.Node), refusal.Reason))
                .Select(refusal => $"{NodeOrigin.Of(refusal.Node)}: {refusal.Reason}")
        )
    )
{
    /// <summary>The message with the opsets of the nodes' operators, by domain, where they are known.</summary>
    public string Describe(IReadOnlyDictionary<string, int> opsets) =>
        string.Join("; ", Nodes.Select(refusal => Describe(refusal, opsets)).Distinct());

    private static string Describe(UnsupportedNode refusal, IReadOnlyDictionary<string, int> opsets)
    {
        var (name, op) = (NodeOrigin.Of(refusal.Node), refusal.Node.Operator);
        var of =
            !opsets.TryGetValue(op.Domain, out var opset) ? ""
            : op.Domain.Length == 0 ? $" (opset {opset})"
            : $" (opset {opset} of {op.Domain})";
        return $"{name}{of}: {refusal.Reason.TrimEnd('.')}";
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<UnsupportedNode> Nodes { get; } = nodes;
}
