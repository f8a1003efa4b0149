using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>Root mean square one, which normalizations without a mean have.</summary>
internal static class RootMeanSquare
{
    /// <summary>x / √(mean of x² + ε), with the mean over all axes from one on, and the factor 1 / √(…).</summary>
    public static (Expr Normal, Expr Inverse) Of(Expr x, int first, double epsilon)
    {
        var axes = Enumerable.Range(first, x.Value.Type.Rank - first).Select(axis => (long)axis);
        var inverse = (x.With(ReduceMean.Of(x.Builder, x * x, axes, keepDims: true)) + epsilon).Through<Sqrt>().Through<Reciprocal>();
        return (x * inverse, inverse);
    }
}
