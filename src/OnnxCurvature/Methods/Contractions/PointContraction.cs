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
        var summed = ReduceSum.Of(body, delta.Product(body), [0], keepDims: false);
        var slot = chunkLoop.Accumulate(Reshape.To(body, summed, [site.Path.Samples, site.Groups, site.RowCount]));
        return () =>
        {
            var (sums, x) = (chunkLoop.Result(slot), site.Product.Unfolded);
            var squares = Mul.Of(outer, x, x);
            if (site.Groups.IsOne)
            {
                // [O, N] · [N, J]: a result of this form needs no copy in another shape, which of a large weight takes longer.
                var rows = TransposeAxes.Last(outer, Reshape.To(outer, sums, [site.Path.Samples, site.RowCount]));
                var product = MatMul.Of(outer, rows, Reshape.To(outer, squares, [site.Path.Samples, site.Inner]));
                return Reshape.InsertAxis(outer, product, 0);
            }
            // [G, O, N] · [G, N, J]
            var inner = Reshape.To(outer, squares, [site.Path.Samples, site.Groups, site.Inner]);
            return MatMul.Of(outer, TransposeAxes.Of(outer, sums, 1, 2, 0), TransposeAxes.Of(outer, inner, 1, 0, 2));
        };
    }
}
