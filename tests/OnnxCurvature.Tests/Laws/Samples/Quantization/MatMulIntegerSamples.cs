using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of MatMulInteger.</summary>
internal sealed class MatMulIntegerSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "no zero points",
            Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])),
            Fixed(Tensor.Of(ElementType.Int8, [2, 1], [-128L, 127]))
        );
        yield return Sample(
            "zero points",
            Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])),
            Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [128L, 127, 1, 0])),
            Constant(Tensor.Scalar(ElementType.UInt8, 12)),
            Constant(Tensor.Of(ElementType.UInt8, [2], [3L, 4]))
        );
    }
}
