using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Random;

/// <summary>Samples of Bernoulli.</summary>
internal sealed class BernoulliSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("probabilities", Fixed(Between(0.1, 0.9, 2, 4)));
        yield return Sample("truth values", Fixed(Between(0.1, 0.9, 5))).With("dtype", (long)ElementType.Bool).With("seed", 1.0);
    }
}
