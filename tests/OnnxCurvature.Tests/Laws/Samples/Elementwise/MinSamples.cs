namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Min.</summary>
internal sealed class MinSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "three shapes",
            Values([2, 3], 1.1, -2.2, 0.3, 2.4, -0.5, 0.6),
            Values([3], 0.2, -1, 1.3),
            Values([2, 1], -0.2, 0.9)
        );
        yield return Sample("one alone", Any(2, 3));
        yield return Sample(
            "a fixed one of greater shape",
            Values([3], 0.2, -1, 1.3),
            Fixed(Values([2, 3], 1.1, -2.2, 0.3, 2.4, -0.5, 0.6))
        );
        yield return Sample("scalars", Values([], 1.5), Fixed(Values([], 2)));
        yield return Sample("integers", Fixed(Vector(1, 5)), Vector(3, 2));
    }
}
