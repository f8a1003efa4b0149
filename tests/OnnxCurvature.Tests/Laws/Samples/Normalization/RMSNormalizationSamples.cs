namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of RMSNormalization.</summary>
internal sealed class RMSNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis", Any(2, 3, 4), Any(4));
        yield return Sample("the last two axes", Any(2, 3, 4), Any(3, 4)).With("axis", 1).With("epsilon", 0.1);
        yield return Sample("a fixed scale", Any(3, 4), Fixed(Any(4)));
    }
}
