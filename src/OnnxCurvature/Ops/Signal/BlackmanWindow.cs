using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Signal;

/// <summary>The window of Blackman.</summary>
internal sealed class BlackmanWindow : CosineWindow
{
    /// <inheritdoc/>
    protected override (double First, double Second, double Third) Coefficients => (0.42, 0.5, 0.08);
}
