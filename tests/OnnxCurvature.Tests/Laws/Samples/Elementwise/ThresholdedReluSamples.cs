namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of ThresholdedRelu.</summary>
internal sealed class ThresholdedReluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("both sides", Values([2, 2], -1.5, 0.5, 0.8, 1.3));
        yield return Sample("another threshold", Values([2, 2], -1.5, 0.5, 0.8, 1.3)).With("alpha", 0.2);
    }
}
