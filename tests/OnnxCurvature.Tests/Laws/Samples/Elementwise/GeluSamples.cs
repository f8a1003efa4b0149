namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Gelu.</summary>
internal sealed class GeluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("exact", Any(2, 3));
        yield return Sample("a scalar", Any());
        yield return Sample("by tanh", Any(2, 3)).With("approximate", "tanh") with
        {
            Float64Tolerance = 1e-7,
        };
    }
}
