namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of BiasAdd.</summary>
internal sealed class BiasAddSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("three inputs", Any(2, 3, 4), Any(4), Any(2, 3, 4)) with
        {
            NotInRuntime = "ONNX Runtime has no kernel on the CPU",
        };
    }
}
