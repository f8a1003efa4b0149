namespace OnnxCurvature.Tests.Laws.Samples.Normalization;

/// <summary>Samples of Hardmax.</summary>
internal sealed class HardmaxSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the last axis by default", Distinct(2, 3));
        yield return Sample("the middle axis", Distinct(2, 3, 2)).With("axis", 1);
        yield return Sample("the first of equals", Fixed(Values([4], 1, 3, 3, 2)));
    }
}
