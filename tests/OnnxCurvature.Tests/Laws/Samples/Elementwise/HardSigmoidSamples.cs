namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of HardSigmoid.</summary>
internal sealed class HardSigmoidSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("steeper", Any(2, 3)).With("alpha", 0.75).With("beta", 0.3);
    }
}
