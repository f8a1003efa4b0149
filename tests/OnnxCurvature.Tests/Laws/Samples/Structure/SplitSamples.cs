namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Split.</summary>
internal sealed class SplitSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("two sizes", Any(5, 3)).With("split", [2, 3]) with
        {
            Outputs = 2,
        };
        yield return Sample("three parts of the last axis", Any(2, 6)).With("axis", -1).With("split", [2, 1, 3]) with
        {
            Outputs = 3,
        };
        yield return Sample("an empty part", Any(2, 3)).With("axis", 1).With("split", [0, 3]) with
        {
            Outputs = 2,
        };
    }
}
