namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Transpose.</summary>
internal sealed class TransposeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a cycle of three", Any(2, 3, 4)).With("perm", [1L, 2L, 0L]);
        yield return Sample("all axes reversed by default", Any(2, 3, 4));
        yield return Sample("nothing moved", Any(2, 3)).With("perm", [0L, 1L]);
        yield return Sample("a scalar", Any());
    }
}
