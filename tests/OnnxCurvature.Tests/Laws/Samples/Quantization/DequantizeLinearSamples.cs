using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of DequantizeLinear.</summary>
internal sealed class DequantizeLinearSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a scale", Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])), Any());
        yield return Sample(
            "a zero point",
            Fixed(Tensor.Of(ElementType.Int8, [4], [0L, 3, -128, 127])),
            Any(),
            Fixed(Tensor.Scalar(ElementType.Int8, -3))
        );
        yield return Sample(
                "along the first axis",
                Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255])),
                Any(2),
                Fixed(Tensor.Of(ElementType.UInt8, [2], [3L, 128]))
            )
            .With("axis", 0);
        yield return Sample("32-bit integers", Fixed(Tensor.Of(ElementType.Int32, [3], [1000L, -3, 70000])), Any());
        yield return Sample("in blocks", Fixed(Tensor.Of(ElementType.UInt8, [2, 4], [0L, 3, 128, 255, 9, 8, 7, 6])), Any(2, 2))
            .With("block_size", 2);
        yield return Sample(
            "4-bit integers",
            Fixed(Tensor.Of(ElementType.Int4, [5], [0L, 3, -8, 7, -1])),
            Any(),
            Fixed(Tensor.Scalar(ElementType.Int4, -3))
        );
        yield return Sample(
                "4-bit integers without a sign in blocks",
                Fixed(Tensor.Of(ElementType.UInt4, [2, 4], [0L, 3, 15, 8, 9, 8, 7, 6])),
                Any(2, 2)
            )
            .With("block_size", 2);
        yield return Sample("8-bit floats", Fixed(Tensor.Of(ElementType.Float8E4M3FN, [4], [0.0, 448, -0.015625, 1.5])), Any());
        yield return Sample(
            "8-bit floats of a wide range",
            Fixed(Tensor.Of(ElementType.Float8E5M2, [4], [0.0, 57344, -1.25, 1.52587890625e-05])),
            Any()
        );
    }
}
