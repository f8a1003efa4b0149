namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Unsqueeze.</summary>
internal sealed class UnsqueezeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two axes", Any(2, 3)).With("axes", [-1, 0]);
        yield return Sample("axes in any order", Any(2, 3)).With("axes", [3, 1]);
    }
}
