namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Round.</summary>
internal sealed class RoundSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Between(0.6, 1.4, 2, 3));
        yield return Sample("a scalar", Between(0.6, 1.4));
        yield return Sample("halves", Fixed(Values([4], -1.5, -0.5, 0.5, 2.5)));
    }
}
