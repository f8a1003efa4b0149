namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of FastGelu.</summary>
internal sealed class FastGeluSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("without a bias", Any(2, 3)) with
        {
            Float64Tolerance = 1e-6,
        };
        yield return Sample("with a bias", Any(2, 3), Any(3)) with
        {
            Float64Tolerance = 1e-6,
        };
    }
}
