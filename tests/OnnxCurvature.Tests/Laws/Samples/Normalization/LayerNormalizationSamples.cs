using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of LayerNormalization.</summary>
internal sealed class LayerNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis", Any(2, 4), Any(4), Any(4));
        yield return Sample("two axes without a bias", Any(2, 3, 2), Any(3, 2)).With("axis", 1);
        yield return Sample("a scalar scale and another epsilon", Any(2, 4), Any(1), Any(1)).With("epsilon", 0.125);
        yield return Sample("an epsilon that float32 rounds", Any(2, 4), Any(4), Any(4)).With("epsilon", 0.01) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("all outputs", Any(2, 4), Any(4), Any(4)).With("stash_type", (long)ElementType.Float64) with
        {
            Outputs = 3,
            NotInRuntime = "ONNX Runtime computes the statistics in single precision",
        };
    }
}
