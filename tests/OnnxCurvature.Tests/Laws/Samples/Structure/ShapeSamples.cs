namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Shape.</summary>
internal sealed class ShapeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all sizes", Any(2, 3, 4));
        yield return Sample("a range", Any(2, 3, 4)).With("start", -2).With("end", 2);
        yield return Sample("a scalar", Any());
    }
}
