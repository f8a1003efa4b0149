namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of SkipLayerNormalization.</summary>
internal sealed class SkipLayerNormalizationSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("without shift and bias", Any(2, 3, 4), Any(2, 3, 4), Any(4));
        yield return Sample("all inputs", Any(2, 3, 4), Any(2, 3, 4), Any(4), Any(4), Any(4)).With("epsilon", 0.125);
        yield return Sample("a skip that is repeated", Any(2, 3, 4), Any(3, 4), Any(4), Any(4));
        yield return Sample("all outputs", Any(2, 3, 4), Any(2, 3, 4), Any(4), Any(4), Any(4)) with
        {
            Outputs = 4,
            NotInRuntime = "ONNX Runtime leaves the statistics empty on the CPU",
        };
    }
}
