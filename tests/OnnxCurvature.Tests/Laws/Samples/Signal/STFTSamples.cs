using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Signal;

/// <summary>Samples of STFT.</summary>
internal sealed class STFTSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a window", Any(2, 10, 1), Constant(Tensor.Scalar(ElementType.Int64, 3)), Any(4));
        yield return Sample(
                "a window of odd length, both sides",
                Any(1, 9, 1),
                Constant(Tensor.Scalar(ElementType.Int64, 2)),
                Any(5),
                Constant(Tensor.Scalar(ElementType.Int64, 5))
            )
            .With("onesided", 0);
        yield return Sample(
            "no window",
            Any(1, 8, 1),
            Constant(Tensor.Scalar(ElementType.Int64, 4)),
            Absent,
            Constant(Tensor.Scalar(ElementType.Int64, 4))
        );
        yield return Sample("complex numbers", Any(1, 7, 2), Constant(Tensor.Scalar(ElementType.Int64, 2)), Any(3)).With("onesided", 0);
    }
}
