namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of MeanVarianceNormalization.</summary>
public sealed class MeanVarianceNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all but the channels", Any(2, 3, 2, 2));
        yield return Sample("the last axis", Any(2, 3, 4)).With("axes", [2]);
    }
}
