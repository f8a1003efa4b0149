namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Softplus.</summary>
internal sealed class SoftplusSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("saturated", Values([5], -800, -40, 0.5, 40, 800));
    }
}
