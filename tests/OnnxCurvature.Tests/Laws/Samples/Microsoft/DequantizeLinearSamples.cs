using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of DequantizeLinear of ONNX Runtime's own domain.</summary>
internal sealed class DequantizeLinearSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
                "16-bit integers",
                Fixed(Tensor.Of(ElementType.Int16, [2, 2], [0L, 300, -12800, 25500])),
                Any(2),
                Fixed(Tensor.Of(ElementType.Int16, [2], [3L, -128]))
            )
            .With("axis", 0);
    }
}
