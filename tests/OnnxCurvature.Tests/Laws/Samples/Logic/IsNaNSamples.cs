namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of IsNaN.</summary>
internal sealed class IsNaNSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("all kinds", Fixed(Values([4], double.NaN, 1, double.PositiveInfinity, 0)));
    }
}
