namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of GlobalLpPool.</summary>
internal sealed class GlobalLpPoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("Euclidean", Any(2, 2, 3, 2));
        yield return Sample("of absolute values", Any(2, 2, 3)).With("p", 1);
        yield return Sample("of third powers", Any(1, 2, 3, 2)).With("p", 3);
    }
}
