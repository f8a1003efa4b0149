using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Signal;

/// <summary>Samples of DFT.</summary>
internal sealed class DFTSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("real numbers", Any(2, 5, 1));
        yield return Sample("complex numbers", Any(2, 4, 2));
        yield return Sample("inverse", Any(1, 6, 2)).With("inverse", 1) with
        {
            Float64Tolerance = 1e-7,
        };
        yield return Sample("one-sided", Any(2, 5, 1)).With("onesided", 1);
        yield return Sample("one-sided, of even length", Any(1, 6, 1)).With("onesided", 1);
        yield return Sample("filled with zeros", Any(1, 3, 1), Constant(Tensor.Scalar(ElementType.Int64, 5)));
        yield return Sample("cut", Any(1, 6, 2), Constant(Tensor.Scalar(ElementType.Int64, 4)));
        yield return Sample("the first axis", Any(4, 3, 1), Absent, Constant(Tensor.Scalar(ElementType.Int64, 0)));
        yield return Sample("real inverse, of even length", Any(1, 4, 2)).With("inverse", 1).With("onesided", 1) with
        {
            NotInRuntime = "the kernel of that form is not in all versions",
        };
        yield return Sample("real inverse, of odd length", Any(1, 3, 2), Constant(Tensor.Scalar(ElementType.Int64, 5)))
            .With("inverse", 1)
            .With("onesided", 1) with
        {
            NotInRuntime = "the kernel of that form is not in all versions",
        };
    }
}
