namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of LpPool.</summary>
internal sealed class LpPoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("Euclidean", Any(2, 2, 4, 6)).With("kernel_shape", [2, 3]).With("strides", [2, 3]);
        yield return Sample("of absolute values, with padding", Any(1, 2, 5, 4))
            .With("kernel_shape", [3, 2])
            .With("pads", [1, 0, 1, 1])
            .With("p", 1);
        yield return Sample("of third powers", Any(1, 2, 5)).With("kernel_shape", [2]).With("p", 3);
        yield return Sample("dilations", Any(1, 1, 5, 5)).With("kernel_shape", [2, 2]).With("dilations", [2, 2]);
        yield return Sample("rounded up", Any(1, 1, 5, 6)).With("kernel_shape", [2, 3]).With("strides", [2, 2]).With("ceil_mode", 1);
        yield return Sample("same size", Any(1, 2, 5, 4)).With("kernel_shape", [2, 3]).With("auto_pad", "SAME_UPPER");
    }
}
