namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of LpNormalization.</summary>
internal sealed class LpNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis", Any(2, 3, 4));
        yield return Sample("absolute values along the first axis", Any(3, 4)).With("axis", 0).With("p", 1);
    }
}
