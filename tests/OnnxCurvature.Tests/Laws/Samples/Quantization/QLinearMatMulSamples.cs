using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of QLinearMatMul.</summary>
internal sealed class QLinearMatMulSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "unsigned",
            Byte([2, 3], 208, 236, 0, 3, 214, 255),
            Scale(0.0066),
            Byte([], 113),
            Byte([3, 2], 152, 51, 60, 26, 0, 255),
            Scale(0.00705),
            Byte([], 114),
            Scale(0.0107),
            Byte([], 118)
        );
    }

    private static SampleInput Byte(long[] shape, params long[] elements) => Fixed(Tensor.Of(ElementType.UInt8, shape, elements));

    private static SampleInput Scale(double scale) => Fixed(Tensor.Scalar(ElementType.Float32, scale));
}
