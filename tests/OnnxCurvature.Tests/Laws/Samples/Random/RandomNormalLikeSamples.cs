namespace OnnxCurvature.Tests.Laws.Samples.Random;

/// <summary>Samples of RandomNormalLike.</summary>
internal sealed class RandomNormalLikeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the shape of x", Fixed(Any(2, 3)));
        yield return Sample("integers", Fixed(Integers(3, 2, 2))).With("seed", 3.0);
    }
}
