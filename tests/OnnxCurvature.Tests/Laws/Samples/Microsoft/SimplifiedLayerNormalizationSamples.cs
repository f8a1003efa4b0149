namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of SimplifiedLayerNormalization.</summary>
internal sealed class SimplifiedLayerNormalizationSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis", Any(2, 4), Any(4)) with
        {
            NotInRuntime = "ONNX Runtime knows the operator only in the standard's domain",
        };
    }
}
