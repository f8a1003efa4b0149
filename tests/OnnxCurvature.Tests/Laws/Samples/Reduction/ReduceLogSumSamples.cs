namespace OnnxCurvature.Tests.Laws.Samples.Reduction;

/// <summary>Samples of ReduceLogSum.</summary>
internal sealed class ReduceLogSumSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all axes", Positive(2, 3));
        yield return Sample("one axis kept", Positive(2, 3, 4)).With("axes", [1L]).With("keepdims", 1);
        yield return Sample("two axes dropped", Positive(2, 3, 4)).With("axes", [0L, -1L]).With("keepdims", 0);
        yield return Sample("the last axis dropped", Positive(2, 3)).With("axes", [-1L]).With("keepdims", 0);
        yield return Sample("a scalar", Positive());
        yield return Sample("an axis of one element", Positive(2, 1)).With("axes", [1L]);
    }
}
