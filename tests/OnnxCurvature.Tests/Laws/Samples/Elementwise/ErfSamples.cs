namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Erf.</summary>
internal sealed class ErfSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("from small to large", Values([6], -5.5, -2.6, -1e-3, 0.7, 2.4, 3.7));
    }
}
