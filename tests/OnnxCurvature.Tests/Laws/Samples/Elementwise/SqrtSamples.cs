namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Sqrt.</summary>
internal sealed class SqrtSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Positive(2, 3));
        yield return Sample("a scalar", Positive());
    }
}
