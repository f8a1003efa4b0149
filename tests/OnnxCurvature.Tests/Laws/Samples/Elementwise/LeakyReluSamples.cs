namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of LeakyRelu.</summary>
internal sealed class LeakyReluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("another slope", Any(2, 3)).With("alpha", 0.25);
    }
}
