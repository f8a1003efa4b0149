namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Celu.</summary>
internal sealed class CeluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Between(-1, -0.5));
        yield return Sample("another scale", Any(2, 3)).With("alpha", 0.5);
    }
}
