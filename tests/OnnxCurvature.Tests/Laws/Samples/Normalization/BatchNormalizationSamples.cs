namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of BatchNormalization.</summary>
internal sealed class BatchNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("images", Any(2, 3, 2, 2), Any(3), Any(3), Any(3), Positive(3));
        yield return Sample("vectors", Any(4, 3), Any(3), Any(3), Fixed(Any(3)), Fixed(Positive(3))).With("epsilon", 0.0078125);
        yield return Sample("an epsilon that float32 rounds", Any(4, 3), Any(3), Any(3), Any(3), Positive(3)).With("epsilon", 0.01) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("training", Any(2, 3, 2, 2), Any(3), Any(3), Any(3), Positive(3))
            .With("training_mode", 1)
            .With("momentum", 0.75) with
        {
            Outputs = 3,
        };
    }
}
