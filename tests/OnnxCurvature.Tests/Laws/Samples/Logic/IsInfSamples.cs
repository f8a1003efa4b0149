namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of IsInf.</summary>
internal sealed class IsInfSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all kinds", Fixed(Values([5], double.NaN, 1, double.PositiveInfinity, double.NegativeInfinity, 0)));
        yield return Sample("the positive one only", Fixed(Values([3], 1, double.PositiveInfinity, double.NegativeInfinity)))
            .With("detect_negative", 0);
    }
}
