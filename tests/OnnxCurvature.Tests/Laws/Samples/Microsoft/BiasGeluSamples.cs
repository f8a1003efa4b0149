namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of BiasGelu.</summary>
internal sealed class BiasGeluSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a bias of the last axis", Any(2, 3, 4), Any(4));
    }
}
