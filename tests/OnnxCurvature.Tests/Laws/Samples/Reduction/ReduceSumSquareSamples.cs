namespace OnnxCurvature.Tests.Laws.Samples.Reduction;

/// <summary>Samples of ReduceSumSquare.</summary>
internal sealed class ReduceSumSquareSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all axes", Any(2, 3));
        yield return Sample("one axis kept", Any(2, 3, 4)).With("axes", [1L]).With("keepdims", 1);
        yield return Sample("two axes dropped", Any(2, 3, 4)).With("axes", [0L, -1L]).With("keepdims", 0);
        yield return Sample("the last axis dropped", Any(2, 3)).With("axes", [-1L]).With("keepdims", 0);
        yield return Sample("a scalar", Any());
        yield return Sample("an axis of one element", Any(2, 1)).With("axes", [1L]);
    }
}
