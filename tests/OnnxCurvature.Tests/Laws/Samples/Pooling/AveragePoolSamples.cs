namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of AveragePool.</summary>
internal sealed class AveragePoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("windows side by side", Any(2, 2, 4, 6)).With("kernel_shape", [2, 3]).With("strides", [2, 3]);
        yield return Sample("windows side by side with a remainder", Any(2, 2, 5, 7)).With("kernel_shape", [2, 3]).With("strides", [2, 3]);
        yield return Sample("windows that overlap", Any(2, 2, 5, 5))
            .With("kernel_shape", [3, 3])
            .With("strides", [2, 2])
            .With("pads", [1, 1, 1, 1]);
        yield return Sample("padding counted", Any(2, 2, 5, 5))
            .With("kernel_shape", [3, 3])
            .With("pads", [1, 0, 1, 1])
            .With("count_include_pad", 1);
        yield return Sample("rounded up", Any(1, 2, 6, 5)).With("kernel_shape", [3, 3]).With("strides", [2, 2]).With("ceil_mode", 1);
        yield return Sample("rounded up with padding counted", Any(1, 2, 6, 5))
            .With("kernel_shape", [3, 3])
            .With("strides", [2, 2])
            .With("pads", [1, 1, 1, 1])
            .With("ceil_mode", 1)
            .With("count_include_pad", 1);
        yield return Sample("dilations", Any(1, 2, 6, 6)).With("kernel_shape", [2, 3]).With("dilations", [2, 1]);
        yield return Sample("same size", Any(1, 2, 5, 4)).With("kernel_shape", [2, 2]).With("auto_pad", "SAME_LOWER");
        yield return Sample("one spatial axis", Any(2, 3, 8)).With("kernel_shape", [3]).With("strides", [2]);
        yield return Sample("three spatial axes", Any(1, 2, 4, 4, 3)).With("kernel_shape", [2, 2, 3]).With("strides", [2, 2, 3]);
    }
}
