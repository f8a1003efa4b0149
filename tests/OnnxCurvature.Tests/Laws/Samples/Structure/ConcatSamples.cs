namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Concat.</summary>
internal sealed class ConcatSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two along the first axis", Any(2, 3), Any(1, 3)).With("axis", 0);
        yield return Sample("three along the last axis", Any(2, 3), Any(2, 1), Any(2, 2)).With("axis", -1);
        yield return Sample("a fixed one between", Any(2, 3), Fixed(Any(2, 1)), Any(2, 2)).With("axis", 1);
        yield return Sample("an empty one", Any(2, 3), Fixed(Any(2, 0))).With("axis", 1);
        yield return Sample("one alone", Any(2, 3)).With("axis", 0);
    }
}
