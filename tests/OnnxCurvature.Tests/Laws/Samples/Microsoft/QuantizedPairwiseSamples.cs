using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of operators of two quantized tensors, which take the same inputs.</summary>
internal abstract class QuantizedPairwiseSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "unsigned",
            Bytes(ElementType.UInt8, [2, 3], 208, 236, 0, 3, 214, 255),
            Scale(0.0066),
            Bytes(ElementType.UInt8, [], 113),
            Bytes(ElementType.UInt8, [3], 152, 51, 60),
            Scale(0.00705),
            Bytes(ElementType.UInt8, [], 114),
            Scale(0.0107),
            Bytes(ElementType.UInt8, [], 118)
        );
        yield return Sample(
            "signed, the last zero point left out",
            Bytes(ElementType.Int8, [2, 2], -100, 17, 0, 127),
            Scale(0.01),
            Bytes(ElementType.Int8, [], -3),
            Bytes(ElementType.Int8, [2, 2], 33, -128, 64, 90),
            Scale(0.02),
            Bytes(ElementType.Int8, [], 5),
            Scale(0.03)
        );
    }

    private static SampleInput Bytes(ElementType type, long[] shape, params long[] elements) => Fixed(Tensor.Of(type, shape, elements));

    private static SampleInput Scale(double scale) => Fixed(Tensor.Scalar(ElementType.Float32, scale));
}
