namespace OnnxCurvature.Tests.Laws.Samples.Reduction;

/// <summary>Samples of ReduceMax.</summary>
internal sealed class ReduceMaxSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all axes", Distinct(2, 3));
        yield return Sample("one axis kept", Distinct(2, 3, 4)).With("axes", [1L]).With("keepdims", 1);
        yield return Sample("two axes dropped", Distinct(2, 3, 4)).With("axes", [0L, -1L]).With("keepdims", 0);
        yield return Sample("the last axis dropped", Distinct(2, 3)).With("axes", [-1L]).With("keepdims", 0);
        yield return Sample("a scalar", Distinct());
        yield return Sample("an axis of one element", Distinct(2, 1)).With("axes", [1L]);
        yield return Sample("integers", Fixed(Integers(9, 2, 3))).With("axes", [0L]);
    }
}
