namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of BiasSplitGelu.</summary>
internal sealed class BiasSplitGeluSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two halves", Any(2, 3, 4), Any(4)) with
        {
            NotInRuntime = "ONNX Runtime has no kernel on the CPU",
        };
    }
}
