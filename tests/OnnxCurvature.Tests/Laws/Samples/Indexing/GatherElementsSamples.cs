namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of GatherElements.</summary>
internal sealed class GatherElementsSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("rows", Any(4, 3), Integers(4, 2, 3)).With("axis", 0);
        yield return Sample("the last axis", Any(2, 2, 5), Integers(5, 2, 2, 7)).With("axis", -1);
        yield return Sample("indices at run time", Any(2, 4, 3), Fixed(Integers(4, 2, 3, 3))).With("axis", 1);
        yield return Sample("negative indices", Any(4), Vector(-1, 0, -4, 2));
    }
}
