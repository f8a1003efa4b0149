namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of HardSwish.</summary>
internal sealed class HardSwishSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all three pieces", Values([2, 3], -5, -3.3, -2, 0.5, 2.2, 4));
        yield return Sample("a scalar", Any());
    }
}
