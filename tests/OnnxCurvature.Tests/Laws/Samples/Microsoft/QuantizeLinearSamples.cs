using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of QuantizeLinear of ONNX Runtime's own domain.</summary>
internal sealed class QuantizeLinearSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "to 16-bit integers",
            Fixed(Any(2, 3)),
            Fixed(Values([], 0.0021)),
            Fixed(Tensor.Scalar(ElementType.Int16, -300))
        );
    }
}
