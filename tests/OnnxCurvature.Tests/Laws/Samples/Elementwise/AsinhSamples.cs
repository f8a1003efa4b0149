namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Asinh.</summary>
internal sealed class AsinhSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
