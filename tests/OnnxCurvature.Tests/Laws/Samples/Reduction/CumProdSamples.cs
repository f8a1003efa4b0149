using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Reduction;

/// <summary>Samples of CumProd.</summary>
internal sealed class CumProdSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the first axis", Any(3, 2), Constant(Tensor.Scalar(ElementType.Int64, 0)));
        yield return Sample("a negative axis, from the end", Any(2, 5, 2), Constant(Tensor.Scalar(ElementType.Int64, -2)))
            .With("reverse", 1);
        yield return Sample("without the element itself", Any(4), Constant(Tensor.Scalar(ElementType.Int64, 0))).With("exclusive", 1);
        yield return Sample("without the element itself, from the end", Any(2, 4), Constant(Tensor.Scalar(ElementType.Int64, 1)))
            .With("exclusive", 1)
            .With("reverse", 1);
        yield return Sample("zeros", Values([4], 0.5, 0, 1.5, 2), Constant(Tensor.Scalar(ElementType.Int64, 0)));
    }
}
