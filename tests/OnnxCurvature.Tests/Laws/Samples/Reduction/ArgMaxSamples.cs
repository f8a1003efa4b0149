namespace OnnxCurvature.Tests.Laws.Samples.Reduction;

/// <summary>Samples of ArgMax.</summary>
internal sealed class ArgMaxSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the first axis by default", Distinct(3, 2));
        yield return Sample("the middle axis dropped", Distinct(2, 3, 4)).With("axis", -2).With("keepdims", 0);
        yield return Sample("the first of equals", Fixed(Values([5], 1, 3, 1, 3, 2)));
        yield return Sample("the last of equals", Fixed(Values([5], 1, 3, 1, 3, 2))).With("select_last_index", 1);
    }
}
