namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of TopK.</summary>
internal sealed class TopKSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the greatest two", Distinct(2, 5), Vector(2)) with
        {
            Outputs = 2,
        };
        yield return Sample("the least of the first axis", Distinct(4, 3), Vector(3)).With("axis", 0).With("largest", 0) with
        {
            Outputs = 2,
        };
        yield return Sample("an axis between", Distinct(2, 4, 2), Vector(1)).With("axis", -2) with
        {
            Outputs = 2,
        };
        yield return Sample("equal entries", Fixed(Values([5], 1, 2, 2, 1, 2)), Vector(4)) with
        {
            Outputs = 2,
        };
    }
}
