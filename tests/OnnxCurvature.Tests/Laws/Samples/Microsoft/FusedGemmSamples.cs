namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of FusedGemm.</summary>
internal sealed class FusedGemmSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("no sum", Any(2, 3), Any(3, 2)).With("activation", "Tanh").With("alpha", 0.5);
        yield return Sample("a sum, turned", Any(3, 2), Any(2, 3), Any(2))
            .With("activation", "Sigmoid")
            .With("transA", 1)
            .With("transB", 1)
            .With("beta", 0.5);
        yield return Sample("an activation with a parameter", Positive(2, 3), Positive(3, 2), Any(1))
            .With("activation", "LeakyRelu")
            .With("activation_alpha", 0.5);
    }
}
