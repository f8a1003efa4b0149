using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Signal;

/// <summary>The window of Hamming.</summary>
internal sealed class HammingWindow : CosineWindow
{
    /// <inheritdoc/>
    protected override (double First, double Second, double Third) Coefficients => (25.0 / 46, 21.0 / 46, 0);
}
