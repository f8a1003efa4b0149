namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of FusedMatMul.</summary>
internal sealed class FusedMatMulSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("matrices", Any(2, 3), Any(3, 2)).With("alpha", 0.5);
        yield return Sample("both turned", Any(2, 3, 2), Any(2, 4, 3)).With("transA", 1).With("transB", 1);
        yield return Sample("batch axes turned", Any(3, 2, 4), Any(4, 2, 3)).With("transBatchA", 1).With("transBatchB", 1);
        yield return Sample("a batch axis and the last ones turned", Any(4, 2, 3), Any(2, 4, 2))
            .With("transBatchA", 1)
            .With("transA", 1)
            .With("alpha", 2.0);
        yield return Sample("a vector", Any(3), Any(3, 2));
    }
}
