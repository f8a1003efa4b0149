namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Pow.</summary>
internal sealed class PowSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Positive(2, 3), Any(2, 3));
        yield return Sample("either input broadcast", Positive(2, 1, 3), Any(4, 1));
        yield return Sample("a square", Any(2, 3), Constant(Values([], 2)));
        yield return Sample("a cube of zeros and negatives", Values([3], 0, -1.3, 0.7), Constant(Values([], 3)));
        yield return Sample("an inverse square root", Positive(2, 3), Constant(Values([1], -0.5)));
        yield return Sample("the first power", Any(2, 3), Constant(Values([], 1)));
        yield return Sample("the power of zero", Any(2, 3), Constant(Values([], 0)));
        yield return Sample(
            "whole exponents that vary, at zeros and negatives",
            Values([5], 0, 0, 0, -1.3, 0.7),
            Fixed(Values([5], 0, 1, 2, 3, 0))
        );
        yield return Sample("exponents of another type", Positive(2, 3), Fixed(Vector(2, 3, 1)));
        yield return Sample("a scalar base", Positive(), Any(2));
        yield return Sample("integers", Fixed(Vector(2, 3)), Vector(3, 2));
    }
}
