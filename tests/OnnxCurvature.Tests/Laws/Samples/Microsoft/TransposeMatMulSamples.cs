namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of TransposeMatMul.</summary>
internal sealed class TransposeMatMulSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("both turned", Any(2, 3, 2), Any(2, 4, 3)).With("transA", 1).With("transB", 1).With("alpha", 0.5);
    }
}
