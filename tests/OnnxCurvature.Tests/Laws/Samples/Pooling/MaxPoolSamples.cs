namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of MaxPool.</summary>
internal sealed class MaxPoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("windows side by side", Distinct(2, 2, 4, 6)).With("kernel_shape", [2, 3]).With("strides", [2, 3]);
        yield return Sample("windows side by side with a remainder", Distinct(2, 2, 5, 7))
            .With("kernel_shape", [2, 3])
            .With("strides", [2, 3]);
        yield return Sample("windows side by side and a part of one", Distinct(2, 2, 5, 7))
            .With("kernel_shape", [2, 3])
            .With("strides", [2, 3])
            .With("ceil_mode", 1);
        yield return Sample("windows side by side in a large plane", Distinct(1, 1, 53, 40))
            .With("kernel_shape", [2, 3])
            .With("strides", [2, 3]);
        yield return Sample("windows that overlap", Distinct(2, 2, 5, 5))
            .With("kernel_shape", [3, 3])
            .With("strides", [2, 2])
            .With("pads", [1, 1, 1, 1]);
        yield return Sample("rounded up", Distinct(1, 2, 6, 5)).With("kernel_shape", [3, 3]).With("strides", [2, 2]).With("ceil_mode", 1);
        yield return Sample("dilations", Distinct(1, 2, 6, 6)).With("kernel_shape", [2, 3]).With("dilations", [2, 1]);
        yield return Sample("same size", Distinct(1, 2, 5, 4)).With("kernel_shape", [2, 2]).With("auto_pad", "SAME_UPPER");
        yield return Sample("values and positions", Distinct(2, 2, 4, 4)).With("kernel_shape", [2, 2]).With("strides", [2, 2]) with
        {
            Outputs = 2,
        };
        yield return Sample("values and positions of windows that overlap", Distinct(2, 2, 4, 4)).With("kernel_shape", [2, 2]) with
        {
            Outputs = 2,
        };
        yield return Sample("positions in column-major order", Distinct(2, 2, 4, 6))
            .With("kernel_shape", [2, 2])
            .With("strides", [2, 2])
            .With("storage_order", 1) with
        {
            Outputs = 2,
        };
        yield return Sample("one spatial axis", Distinct(2, 3, 8)).With("kernel_shape", [2]).With("strides", [2]);
        yield return Sample("three spatial axes", Distinct(1, 2, 4, 4, 3)).With("kernel_shape", [2, 2, 3]).With("strides", [2, 2, 3]);
        yield return Sample("equal entries", Fixed(Values([1, 1, 2, 4], 1, 1, 2, 2, 1, 1, 2, 3)))
            .With("kernel_shape", [2, 2])
            .With("strides", [1, 1]) with
        {
            Outputs = 2,
        };
    }
}
