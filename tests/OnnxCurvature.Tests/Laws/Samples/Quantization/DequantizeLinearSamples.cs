using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of DequantizeLinear.</summary>
public sealed class DequantizeLinearSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a scale", Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])), Any());
        yield return Sample("a zero point", Fixed(Tensor.Of(ElementType.Int8, [4], [0L, 3, -128, 127])), Any(), Fixed(Tensor.Scalar(ElementType.Int8, -3)));
        yield return Sample("along the first axis", Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])), Any(2), Fixed(Tensor.Of(ElementType.UInt8, [2], [3L, 128]))).With("axis", 0);
        yield return Sample("32-bit integers", Fixed(Tensor.Of(ElementType.Int32, [3], [1000L, -3, 70000])), Any());
        yield return Sample("in blocks", Fixed(Tensor.Of(ElementType.UInt8, [2, 4], [0L, 3, 128, 255, 9, 8, 7, 6])), Any(2, 2)).With("block_size", 2);
    }
}
