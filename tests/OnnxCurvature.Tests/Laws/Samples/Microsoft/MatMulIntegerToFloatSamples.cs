using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of MatMulIntegerToFloat.</summary>
internal sealed class MatMulIntegerToFloatSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("scales alone", Left, Right, Any(), Any());
        yield return Sample(
            "a scale and a zero point for each column, and a bias",
            Left,
            Right,
            Any(),
            Any(3),
            Constant(Tensor.Scalar(ElementType.UInt8, 7)),
            Constant(Tensor.Of(ElementType.Int8, [3], [1L, -2, 3])),
            Any(3)
        );
    }

    private static SampleInput Left => Fixed(Tensor.Of(ElementType.UInt8, [2, 2], [0L, 3, 128, 255]));

    private static SampleInput Right => Fixed(Tensor.Of(ElementType.Int8, [2, 3], [-128L, 127, 1, 0, -3, 64]));
}
