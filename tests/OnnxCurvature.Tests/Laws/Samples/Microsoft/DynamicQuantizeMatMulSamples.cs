using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of DynamicQuantizeMatMul.</summary>
internal sealed class DynamicQuantizeMatMulSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        // So large that the steps of differences are small beside those of the quantization.
        yield return Sample("a scale", Values([2, 2], -51.25, 100.1, 31.4, 77.7), Right, Any());
        yield return Sample(
            "a scale and a zero point for each column, and a bias",
            Values([2, 2], -51.25, 100.1, 31.4, 77.7),
            Right,
            Any(3),
            Constant(Tensor.Of(ElementType.Int8, [3], [1L, -2, 3])),
            Any(3)
        );
    }

    private static SampleInput Right => Fixed(Tensor.Of(ElementType.Int8, [2, 3], [-128L, 127, 1, 0, -3, 64]));
}
