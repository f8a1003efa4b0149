namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Div.</summary>
internal sealed class DivSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Any(2, 3), Any(2, 3));
        yield return Sample("either input broadcast", Any(2, 1, 3), Any(4, 1));
        yield return Sample("a scalar on the left", Any(), Any(2, 3));
        yield return Sample("two scalars", Any(), Any());
        yield return Sample("a fixed divisor of lower rank", Any(2, 3), Fixed(Any(3)));
    }
}
