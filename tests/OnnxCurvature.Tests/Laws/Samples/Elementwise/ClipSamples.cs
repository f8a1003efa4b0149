using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Clip.</summary>
internal sealed class ClipSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "two bounds",
            Values([2, 3], -1.2, 0.3, 0.6, 0.2, 1.5, 2.1),
            Constant(Values([], -0.5)),
            Constant(Values([], 0.9))
        );
        yield return Sample("a lower bound", Any(2, 3), Constant(Values([], 0)));
        yield return Sample("an upper bound", Any(2, 3), Absent, Constant(Values([], 0)));
        yield return Sample("no bounds", Any(2, 3));
        yield return Sample("bounds with a derivative", Values([2, 3], -1.2, 0.3, 0.6, 0.2, 1.5, 2.1), Values([], -0.5), Values([], 0.9));
        yield return Sample(
            "bounds in the wrong order",
            Fixed(Values([2, 3], -1.2, 0.3, 0.7, 0.2, 1.5, 2.1)),
            Fixed(Values([], 0.9)),
            Values([], 0.4)
        );
        yield return Sample(
            "integers",
            Fixed(Vector(-3, 1, 7)),
            Constant(Tensor.Scalar(ElementType.Int64, 0)),
            Constant(Tensor.Scalar(ElementType.Int64, 5))
        );
    }
}
