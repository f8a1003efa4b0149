namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Shrink.</summary>
internal sealed class ShrinkSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all three pieces", Values([2, 3], -5, -0.7, -0.3, 0.1, 0.6, 4)) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("with a bias", Values([2, 3], -5, -1.7, -0.3, 0.1, 1.6, 4)).With("lambd", 1.5).With("bias", 0.25) with
        {
            Float64Tolerance = 1e-7,
        };
    }
}
