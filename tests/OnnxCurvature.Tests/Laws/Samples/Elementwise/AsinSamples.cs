namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Asin.</summary>
internal sealed class AsinSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Between(-0.8, 0.8, 2, 3));
        yield return Sample("a scalar", Between(-0.8, 0.8));
    }
}
