using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of QLinearConv.</summary>
internal sealed class QLinearConvSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "a bias",
            Byte([1, 1, 3, 3], 2, 33, 4, 55, 6, 77, 8, 99, 255),
            Scale(0.0037),
            Byte([], 132),
            Byte([2, 1, 2, 2], 0, 10, 200, 3, 4, 5, 60, 255),
            Scale(0.0017),
            Byte([], 255),
            Scale(0.0016),
            Byte([], 123),
            Constant(Tensor.Of(ElementType.Int32, [2], [300L, -200]))
        );
        yield return Sample(
                "a scale for each channel, strides",
                Byte([1, 1, 4, 4], 2, 33, 4, 55, 6, 77, 8, 99, 255, 1, 2, 3, 44, 55, 66, 77),
                Scale(0.0037),
                Byte([], 132),
                Byte([2, 1, 2, 2], 0, 10, 200, 3, 4, 5, 60, 255),
                Constant(Tensor.Of(ElementType.Float32, [2], [0.0017, 0.003])),
                Constant(Tensor.Of(ElementType.UInt8, [2], [255L, 255])),
                Scale(0.0016),
                Byte([], 123)
            )
            .With("strides", [2, 2])
            .With("pads", [1, 0, 0, 1]);
    }

    private static SampleInput Byte(long[] shape, params long[] elements) => Fixed(Tensor.Of(ElementType.UInt8, shape, elements));

    private static SampleInput Scale(double scale) => Fixed(Tensor.Scalar(ElementType.Float32, scale));
}
