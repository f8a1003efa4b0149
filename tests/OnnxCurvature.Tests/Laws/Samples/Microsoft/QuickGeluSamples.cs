namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of QuickGelu.</summary>
internal sealed class QuickGeluSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the default", Any(2, 3)) with
        {
            Float64Tolerance = 1e-6,
        };
        yield return Sample("another factor", Any(2, 3)).With("alpha", 0.5);
    }
}
