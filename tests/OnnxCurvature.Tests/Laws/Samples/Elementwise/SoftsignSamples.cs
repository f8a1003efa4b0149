namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Softsign.</summary>
internal sealed class SoftsignSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
