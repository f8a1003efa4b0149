using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of ConvInteger.</summary>
internal sealed class ConvIntegerSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "no zero points",
            Fixed(Tensor.Of(ElementType.UInt8, [1, 1, 3, 3], [2L, 3, 4, 5, 6, 7, 8, 9, 255])),
            Fixed(Tensor.Of(ElementType.UInt8, [1, 1, 2, 2], [1L, 1, 3, 0]))
        );
        yield return Sample(
                "zero points and padding",
                Fixed(Tensor.Of(ElementType.UInt8, [1, 1, 3, 3], [2L, 3, 4, 5, 6, 7, 8, 9, 255])),
                Fixed(Tensor.Of(ElementType.UInt8, [2, 1, 2, 2], [1L, 1, 3, 0, 9, 4, 4, 2])),
                Constant(Tensor.Scalar(ElementType.UInt8, 4)),
                Constant(Tensor.Scalar(ElementType.UInt8, 1))
            )
            .With("pads", [1, 1, 1, 1]);
    }
}
