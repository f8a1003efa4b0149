namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Abs.</summary>
internal sealed class AbsSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("integers", Fixed(Vector(-2, 0, 3)));
    }
}
