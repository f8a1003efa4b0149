namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Mish.</summary>
internal sealed class MishSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("far away", Values([3], -600, -0.5, 600));
    }
}
