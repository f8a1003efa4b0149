using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The position of the greatest element along an axis.</summary>
internal sealed class ArgMax : ExtremePosition
{
    /// <inheritdoc/>
    protected override bool IsBetter(double element, double best) => element > best;
}
