using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Signal;

/// <summary>Samples of BlackmanWindow.</summary>
internal sealed class BlackmanWindowSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("periodic", Constant(Tensor.Scalar(ElementType.Int64, 7)))
            .With("output_datatype", (long)ElementType.Float64) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("symmetric", Constant(Tensor.Scalar(ElementType.Int64, 6)))
            .With("periodic", 0)
            .With("output_datatype", (long)ElementType.Float64) with
        {
            Float64Tolerance = 1e-7,
        };
    }
}
