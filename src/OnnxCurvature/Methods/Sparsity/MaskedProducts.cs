using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Where all directions are zero at the same entries, a product of them need not go over these. Masks, the slopes of ReLUs and the argmax
/// positions of poolings, are found before the convolutions and matrix products of a body; chains of masked products are taken at the
/// nonzero channels of each position, if that is expected to be faster. The sums are those of the whole products, without terms that are
/// zero.
/// </summary>
internal static class MaskedProducts
{
    /// <summary>
    /// The chains of masked products in the body of a direction chunk loop. Bodies within it would have to be rebuilt, too: directions have
    /// them where the model has branches, and then there are none.
    /// </summary>
    public static IEnumerable<MaskedChain> In(
        Program body,
        Dim directions,
        PlanLimits limits,
        Dictionary<Node, MaskedLink?> known,
        Func<MaskedLink, bool> fits
    ) => body.Nodes.Any(node => node.Operator is Operator { Branches: true }) ? [] : MaskedChain.In(body, directions, limits, known, fits);

    /// <summary>The outputs of a body, with chains replaced.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="body">The body.</param>
    /// <param name="chains">The chains of a body that are worth it.</param>
    public static ImmutableArray<Value> Replace(GraphBuilder b, Program body, Func<Program, IEnumerable<MaskedChain>> chains)
    {
        while (chains(body).FirstOrDefault() is { } chain)
        {
            var output = chain.Build(b);
            var outputs = b.Substitute(
                [.. body.Outputs.Select(named => named.Value)],
                new Dictionary<Value, Value> { [chain.Output] = output }
            );
            body = b.Build(body.Parameters, body.Outputs.Zip(outputs, (named, value) => named with { Value = value }));
        }
        return [.. body.Outputs.Select(named => named.Value)];
    }
}
