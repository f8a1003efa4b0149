namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of Gelu.</summary>
internal sealed class GeluSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("some numbers", Any(2, 3));
    }
}
