namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of DynamicQuantizeLinear.</summary>
internal sealed class DynamicQuantizeLinearSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("both signs", Distinct(2, 4)) with
        {
            Outputs = 3,
        };
        yield return Sample("no negative numbers", Positive(5)) with
        {
            Outputs = 3,
        };
    }
}
