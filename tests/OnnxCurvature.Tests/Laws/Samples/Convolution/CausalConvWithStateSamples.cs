namespace OnnxCurvature.Tests.Laws.Samples.Convolution;

/// <summary>Samples of CausalConvWithState.</summary>
internal sealed class CausalConvWithStateSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("without a past", Any(2, 3, 5), Any(3, 1, 3));
        yield return Sample("a bias, a past and an activation", Any(1, 2, 3), Any(2, 1, 4), Any(2), Any(1, 2, 3))
            .With("activation", "silu") with
        {
            Outputs = 2,
        };
        yield return Sample("fewer positions than the kernel has", Any(2, 2, 1), Any(2, 1, 3)) with
        {
            Outputs = 2,
        };
        yield return Sample("a kernel of one", Any(1, 2, 3), Any(2, 1, 1), Any(2)).With("activation", "swish") with
        {
            Outputs = 2,
        };
    }
}
