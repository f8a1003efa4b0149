using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>With a single position the square of the product is the product of squares: Σ_n (Σ_c δ_c[n, o]²) X[n, j]².</summary>
internal sealed class PointContraction(ContractionSite site) : IContraction
{
    /// <inheritdoc/>
    public string Description => "squares of δ times squares of the input";

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body) = (chunkLoop.Outer, chunkLoop.Body);
        var delta = site.Pull(chunkLoop, directions);
        var squares = ReduceSum.Of(body, delta.Product(body), [0], keepDims: false);
        var slot = chunkLoop.Accumulate(Reshape.To(body, squares, [site.Path.Samples, site.Groups, site.RowCount]));
        return () =>
        {
            // [G, O, N] · [G, N, J]
            var x = site.Product.Unfolded;
            var left = TransposeAxes.Of(outer, chunkLoop.Result(slot), 1, 2, 0);
            var right = TransposeAxes.Of(
                outer,
                Reshape.To(outer, Mul.Of(outer, x, x), [site.Path.Samples, site.Groups, site.Inner]),
                1,
                0,
                2
            );
            return MatMul.Of(outer, left, right);
        };
    }
}
