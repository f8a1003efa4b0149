using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Signal;

/// <summary>The window of von Hann.</summary>
internal sealed class HannWindow : CosineWindow
{
    /// <inheritdoc/>
    protected override (double First, double Second, double Third) Coefficients => (0.5, 0.5, 0);
}
