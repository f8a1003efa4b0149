using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Range.</summary>
internal sealed class RangeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "integers",
            Constant(Tensor.Scalar(ElementType.Int64, 1)),
            Constant(Tensor.Scalar(ElementType.Int64, 10)),
            Constant(Tensor.Scalar(ElementType.Int64, 3))
        );
        yield return Sample("downwards", Constant(Values([], 2.0)), Constant(Values([], -1.5)), Constant(Values([], -0.5)));
        yield return Sample("empty", Constant(Values([], 2.0)), Constant(Values([], 2.0)), Constant(Values([], 0.5)));
    }
}
