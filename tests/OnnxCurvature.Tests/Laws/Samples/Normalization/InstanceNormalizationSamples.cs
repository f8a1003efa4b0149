namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of InstanceNormalization.</summary>
internal sealed class InstanceNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("images", Any(2, 3, 2, 3), Any(3), Any(3)).With("epsilon", 0.01);
        yield return Sample("sequences", Any(2, 3, 5), Any(3), Any(3));
    }
}
