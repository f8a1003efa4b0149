using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>With a single position the square of the product is the product of squares: Σ_n (Σ_c δ_c[n, o]²) X[n, j]².</summary>
public sealed class PointContraction(ContractionSite site) : IContraction
{
    /// <inheritdoc/>
    public string Description => "squares of δ times squares of the input";

    /// <inheritdoc/>
    public Func<Value> Build(ColumnStage stage, ColumnPair columns)
    {
        var (outer, body) = (stage.Outer, stage.Body);
        var delta = site.Pull(stage, columns);
        var squares = ReduceSum.Of(body, delta.Product(body), [0], keepDims: false);
        var slot = stage.Accumulate(Reshape.To(body, squares, [site.Path.Samples, site.Groups, site.RowCount]));
        return () =>
        {
            // [G, O, N] · [G, N, J]
            var x = site.Product.Columns;
            var left = TransposeAxes.Of(outer, stage.Result(slot), 1, 2, 0);
            var right = TransposeAxes.Of(outer, Reshape.To(outer, Mul.Of(outer, x, x), [site.Path.Samples, site.Groups, site.Inner]), 1, 0, 2);
            return MatMul.Of(outer, left, right);
        };
    }
}
