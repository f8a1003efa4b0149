namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of GlobalAveragePool.</summary>
internal sealed class GlobalAveragePoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two spatial axes", Any(2, 3, 2, 4));
        yield return Sample("one spatial axis", Any(2, 3, 4));
    }
}
