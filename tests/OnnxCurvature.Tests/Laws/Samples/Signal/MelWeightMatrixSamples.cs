using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Signal;

/// <summary>Samples of MelWeightMatrix.</summary>
internal sealed class MelWeightMatrixSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
                "eight bins",
                [
                    .. new[] { 8L, 16, 8192 }.Select(number => Constant(Tensor.Scalar(ElementType.Int64, number))),
                    Constant(Tensor.Scalar(ElementType.Float32, 0)),
                    Constant(Tensor.Scalar(ElementType.Float32, 4096)),
                ]
            )
            .With("output_datatype", (long)ElementType.Float64);
        yield return Sample(
                "a band",
                [
                    .. new[] { 5L, 64, 16000 }.Select(number => Constant(Tensor.Scalar(ElementType.Int64, number))),
                    Constant(Tensor.Scalar(ElementType.Float32, 300)),
                    Constant(Tensor.Scalar(ElementType.Float32, 4000)),
                ]
            )
            .With("output_datatype", (long)ElementType.Float64);
    }
}
