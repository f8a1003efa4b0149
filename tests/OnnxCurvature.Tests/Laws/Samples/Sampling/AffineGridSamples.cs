namespace OnnxCurvature.Tests.Laws.Samples.Sampling;

/// <summary>Samples of AffineGrid.</summary>
internal sealed class AffineGridSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a plane", Any(2, 2, 3), Vector(2, 1, 3, 4));
        yield return Sample("corners at one", Any(2, 2, 3), Vector(2, 1, 3, 4)).With("align_corners", 1);
        yield return Sample("space", Any(1, 3, 4), Vector(1, 1, 2, 3, 2));
    }
}
