namespace OnnxCurvature.Tests.Laws.Samples.Losses;

/// <summary>Samples of NegativeLogLikelihoodLoss.</summary>
internal sealed class NegativeLogLikelihoodLossSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the mean", Any(3, 4), Fixed(Integers(4, 3)));
        yield return Sample("a loss for each sample", Any(3, 4), Fixed(Integers(4, 3))).With("reduction", "none");
        yield return Sample("the sum over pixels", Any(2, 3, 2, 2), Fixed(Integers(3, 2, 2, 2))).With("reduction", "sum");
        yield return Sample("the weighted mean without a class", Any(4, 3), Fixed(Vector(0, 2, 1, 2)), Positive(3)).With("ignore_index", 1);
        yield return Sample("an ignored target that is no class", Any(4, 3), Fixed(Vector(0, -1, 1, 2))).With("ignore_index", -1);
    }
}
