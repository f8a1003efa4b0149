using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Forms every sample's gradient for every direction over the Q argmax positions of the pooling after the product, squares and adds:
/// diag[o, j] = Σ_n Σ_c (Σ_q δ_c[n, o, q] X[n, j, p(n, o, q)])², with δ at the outputs q of the pooling, p the position that each took, and
/// the slopes between in X. Directions need not be put in place at all positions, and positions that several windows took add up.
/// </summary>
internal sealed class ArgmaxContraction(ContractionSite site, PositionSelection selection) : IContraction
{
    /// <inheritdoc/>
    public string Description =>
        $"gradients of each direction over the {selection.Positions} argmax positions of {selection.Pool}, squared";

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body) = (chunkLoop.Outer, chunkLoop.Body);
        // [N, O, Q, J]
        var x = PositionSelection.RowsOfX(outer, outer, site, site.Cut(outer, selection.OfAllSamples(outer, site), 1));
        if (selection.Slopes is { } slopes)
            x = Mul.Of(outer, x, Reshape.InsertAxis(outer, site.Cut(outer, slopes, 1), 3));
        // [N, O, K, Q] · [N, O, Q, J]
        var gradients = directions
            .Select(side =>
            {
                var pooled = selection.Pull(chunkLoop, site, side);
                var flat = Reshape.To(body, pooled, [pooled.Type.Shape[0], .. selection.ArgmaxPositions.Type.Shape]);
                return TransposeAxes.Of(body, site.Cut(body, flat, 2), 1, 2, 0, 3);
            })
            .Resolved(body, SampleLayout.At(0))
            .Select(delta => MatMul.Of(body, delta, x));
        var slot = chunkLoop.Accumulate(ReduceSum.Of(body, gradients.Product(body), [0, 2], keepDims: false));
        return () => Reshape.To(outer, chunkLoop.Result(slot), [site.Groups, site.RowCount, site.Inner]);
    }
}
