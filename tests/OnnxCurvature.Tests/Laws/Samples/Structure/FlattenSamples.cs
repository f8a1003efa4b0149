namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Flatten.</summary>
internal sealed class FlattenSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("samples as rows", Any(2, 3, 2, 2));
        yield return Sample("all in one row", Any(2, 3)).With("axis", 0);
        yield return Sample("a negative axis", Any(2, 3, 4)).With("axis", -1);
        yield return Sample("an axis after the last", Any(2, 3)).With("axis", 2);
    }
}
