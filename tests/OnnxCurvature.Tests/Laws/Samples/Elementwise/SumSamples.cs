namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Sum.</summary>
internal sealed class SumSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("three shapes", Distinct(2, 3), Distinct(3), Distinct(2, 1));
        yield return Sample("one alone", Distinct(2, 3));
        yield return Sample("a fixed one of greater shape", Distinct(3), Fixed(Distinct(2, 3)));
        yield return Sample("scalars", Distinct(), Values([], 2.0));
    }
}
