namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of MeanVarianceNormalization.</summary>
internal sealed class MeanVarianceNormalizationSamples : OperatorSamples
{
    private const string SinglePrecision = "the function body in ONNX has constants of single precision and does not take double";

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all but the channels", Any(2, 3, 2, 2)) with
        {
            NotInRuntime = SinglePrecision,
        };
        yield return Sample("the last axis", Any(2, 3, 4)).With("axes", [2]) with
        {
            NotInRuntime = SinglePrecision,
        };
    }
}
