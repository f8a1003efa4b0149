namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Reciprocal.</summary>
internal sealed class ReciprocalSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
