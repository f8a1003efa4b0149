namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Swish.</summary>
internal sealed class SwishSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("of slope one", Any(2, 3));
        yield return Sample("steeper", Any(2, 3)).With("alpha", 1.7);
    }
}
