using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Building;

/// <summary>Sums of tangents of which some may be zero.</summary>
internal static class Sums
{
    /// <summary>The sum of those values that are not null, repeated to a shape; null where all are.</summary>
    public static Value? Of(GraphBuilder b, TensorShape shape, params ReadOnlySpan<Value?> values)
    {
        Value? sum = null;
        foreach (var value in values)
            if (value is not null)
                sum = sum is null ? value : Add.Of(b, sum, value);
        return sum is null ? null : Broadcasting.To(b, sum, shape);
    }
}
