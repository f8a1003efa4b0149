namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Squeeze.</summary>
internal sealed class SqueezeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two axes", Any(1, 2, 1, 3, 1)).With("axes", [0, -1]);
        yield return Sample("all axes of size one", Any(1, 2, 1, 3));
    }
}
