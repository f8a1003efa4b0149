namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Exp.</summary>
internal sealed class ExpSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
