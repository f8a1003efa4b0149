using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>Mean zero and variance one, which most normalizations begin with.</summary>
internal static class Standardization
{
    /// <summary>(x - μ) / √(σ² + ε) with mean μ and variance σ² over some axes.</summary>
    public static Expr Of(Expr x, IEnumerable<int> axes, double epsilon)
    {
        long[] over = [.. axes.Select(axis => (long)axis)];
        var centred = x - x.With(ReduceMean.Of(x.Builder, x, over, keepDims: true));
        var variance = x.With(ReduceMean.Of(x.Builder, centred * centred, over, keepDims: true));
        return centred / (variance + epsilon).Through<Sqrt>();
    }
}
