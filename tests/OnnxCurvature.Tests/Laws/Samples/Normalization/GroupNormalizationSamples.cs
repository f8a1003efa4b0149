using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of GroupNormalization.</summary>
internal sealed class GroupNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two groups", Any(2, 4, 2, 3), Any(4), Any(4))
            .With("num_groups", 2)
            .With("epsilon", 0.0078125)
            .With("stash_type", (long)ElementType.Float64);
        yield return Sample("a group for each channel", Any(2, 3, 4), Any(3), Any(3)).With("num_groups", 3) with
        {
            Float64Tolerance = 1e-6,
        };
    }
}
