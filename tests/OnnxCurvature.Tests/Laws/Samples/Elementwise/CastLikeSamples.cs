namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of CastLike.</summary>
internal sealed class CastLikeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the same type", Any(2, 3), Constant(Values([1], 0)));
        yield return Sample("to integers", Fixed(Any(2, 3)), Vector(0));
    }
}
