namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Add.</summary>
internal sealed class AddSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Any(2, 3), Any(2, 3));
        yield return Sample("either input broadcast", Any(2, 1, 3), Any(4, 1));
        yield return Sample("a scalar on the left", Any(), Any(2, 3));
        yield return Sample("a scalar on the right", Any(2, 3), Any());
        yield return Sample("two scalars", Any(), Any());
        yield return Sample("a fixed input of lower rank", Any(2, 3), Fixed(Any(3)));
    }
}
