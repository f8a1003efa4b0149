namespace OnnxCurvature.Tests.Laws.Samples.Logic;

/// <summary>Samples of Less.</summary>
internal sealed class LessSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("one shape", Any(2, 3), Any(2, 3));
        yield return Sample("broadcast", Any(2, 1, 3), Any(4, 1));
        yield return Sample("integers", Fixed(Integers(3, 2, 3)), Integers(3, 3));
    }
}
