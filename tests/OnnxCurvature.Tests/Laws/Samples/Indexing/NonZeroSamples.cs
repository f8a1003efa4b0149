namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of NonZero.</summary>
internal sealed class NonZeroSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a matrix", Constant(Values([2, 3], 0, 1.5, 0, -1, 0, 2)));
        yield return Sample("integers", Vector(3, 0, 0, 5));
        yield return Sample("nothing", Vector(0, 0));
    }
}
