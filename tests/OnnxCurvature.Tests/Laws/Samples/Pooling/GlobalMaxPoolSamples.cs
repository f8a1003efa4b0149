namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of GlobalMaxPool.</summary>
internal sealed class GlobalMaxPoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two spatial axes", Distinct(2, 3, 2, 4));
        yield return Sample("one spatial axis", Distinct(2, 3, 4));
    }
}
