namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of SkipSimplifiedLayerNormalization.</summary>
internal sealed class SkipSimplifiedLayerNormalizationSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("without a bias", Any(2, 3, 4), Any(2, 3, 4), Any(4));
        yield return Sample("a bias", Any(2, 3, 4), Any(2, 3, 4), Any(4), Any(4)).With("epsilon", 0.125);
    }
}
