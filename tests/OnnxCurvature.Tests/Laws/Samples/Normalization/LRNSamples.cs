namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of LRN.</summary>
internal sealed class LRNSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("an odd number of channels", Any(2, 5, 2, 2))
            .With("size", 3)
            .With("alpha", 0.5)
            .With("beta", 0.6)
            .With("bias", 1.5);
        yield return Sample("an even number of channels", Any(1, 4, 3, 2)).With("size", 4).With("alpha", 0.8) with
        {
            NotInRuntime = "ONNX Runtime takes odd sizes only",
        };
    }
}
