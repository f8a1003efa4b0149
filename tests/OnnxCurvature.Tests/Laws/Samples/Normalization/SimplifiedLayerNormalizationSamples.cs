namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of SimplifiedLayerNormalization.</summary>
internal sealed class SimplifiedLayerNormalizationSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis", Any(2, 4), Any(4));
        yield return Sample("another epsilon and both outputs", Any(2, 3, 4), Any(3, 4)).With("axis", 1).With("epsilon", 0.125) with
        {
            Outputs = 2,
            NotInRuntime = "ONNX Runtime computes the second output in single precision",
        };
    }
}
