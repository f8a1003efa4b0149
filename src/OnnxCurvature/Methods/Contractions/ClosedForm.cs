using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// The share of an elementwise curvature source that nothing but elementwise nodes separate from the weight's product y: Σ_n Σ_p h[n, o, p]
/// X[n, j, p]², with h the second derivative in y, entry by entry. It takes no directions.
/// </summary>
internal static class ClosedForm
{
    /// <summary>The share of a target's diagonal, of the target's result type.</summary>
    /// <param name="b">The outer builder.</param>
    /// <param name="entry">How the weight enters.</param>
    /// <param name="curvature">h, of the shape of y.</param>
    public static Value Of(GraphBuilder b, WeightEntry entry, Value curvature)
    {
        var site = entry.Site;
        var direction = site.Cut(b, site.Product.Cotangents(b, Reshape.InsertAxis(b, curvature, 0)), 3);
        // [N, G, O, P] · [N, G, P, J]
        var h = Reshape.To(b, direction, direction.Type.Shape.Remove(0));
        var x = TransposeAxes.Last(b, site.Product.Unfolded);
        return entry.Place(ReduceSum.Of(b, MatMul.Of(b, h, Mul.Of(b, x, x)), [0], keepDims: false));
    }
}
