namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of PRelu.</summary>
internal sealed class PReluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one slope for each channel", Any(2, 3, 2), Any(3, 1));
        yield return Sample("one slope", Any(2, 3), Any(1));
        yield return Sample("one shape", Any(2, 3), Any(2, 3));
        yield return Sample("a fixed slope", Any(2, 3), Fixed(Any(3)));
    }
}
