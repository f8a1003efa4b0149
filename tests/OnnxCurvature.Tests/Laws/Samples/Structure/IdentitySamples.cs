namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Identity.</summary>
internal sealed class IdentitySamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Any(2, 3));
        yield return Sample("a scalar", Any());
    }
}
