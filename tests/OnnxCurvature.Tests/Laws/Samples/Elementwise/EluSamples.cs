namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Elu.</summary>
internal sealed class EluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Between(-1, -0.5));
        yield return Sample("another slope", Any(2, 3)).With("alpha", 0.5);
        yield return Sample("far away", Values([3], -800, -0.5, 800));
    }
}
