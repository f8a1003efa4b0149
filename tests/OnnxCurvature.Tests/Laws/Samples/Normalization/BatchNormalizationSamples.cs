namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of BatchNormalization.</summary>
public sealed class BatchNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("images", Any(2, 3, 2, 2), Any(3), Any(3), Any(3), Positive(3));
        yield return Sample("vectors", Any(4, 3), Any(3), Any(3), Fixed(Any(3)), Fixed(Positive(3))).With("epsilon", 0.0078125);
    }
}
