using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of QuantizeLinear.</summary>
internal sealed class QuantizeLinearSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a scale", Fixed(Any(2, 3)), Fixed(Values([], 0.021)));
        yield return Sample("a zero point", Fixed(Any(2, 3)), Fixed(Values([], 0.006)), Fixed(Tensor.Scalar(ElementType.Int8, -3)));
        yield return Sample(
            "along an axis",
            Fixed(Any(2, 3, 2)),
            Fixed(Positive(3)),
            Fixed(Tensor.Of(ElementType.UInt8, [3], [3L, 128, 255]))
        );
        yield return Sample(
                "in blocks",
                Fixed(Any(2, 4)),
                Fixed(Positive(2, 2)),
                Fixed(Tensor.Of(ElementType.Int8, [2, 2], [3L, -128, 1, 2]))
            )
            .With("block_size", 2);
        yield return Sample("to 4 bits", Fixed(Any(2, 3)), Fixed(Values([], 0.11)), Fixed(Tensor.Scalar(ElementType.Int4, 1)));
        yield return Sample(
            "to 4 bits without a sign",
            Fixed(Any(2, 3)),
            Fixed(Values([], 0.11)),
            Fixed(Tensor.Scalar(ElementType.UInt4, 7))
        );
        yield return Sample(
            "to 8-bit floats",
            Fixed(Any(2, 3)),
            Fixed(Values([], 0.021)),
            Fixed(Tensor.Scalar(ElementType.Float8E4M3FN, 0))
        );
    }
}
