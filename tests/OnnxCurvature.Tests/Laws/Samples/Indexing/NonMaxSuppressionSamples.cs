using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of NonMaxSuppression.</summary>
internal sealed class NonMaxSuppressionSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
            "corners",
            Fixed(Boxes()),
            Fixed(Values([1, 1, 4], 0.9, 0.75, 0.6, 0.95)),
            Constant(Tensor.Scalar(ElementType.Int64, 3)),
            Constant(Tensor.Scalar(ElementType.Float32, 0.5)),
            Constant(Tensor.Scalar(ElementType.Float32, 0))
        ) with
        {
            Types = [new TensorType(ElementType.Int64, [2, 3])],
            NotInRuntime = "boxes are of type float32 alone there",
        };
        yield return Sample(
            "constants",
            Constant(Boxes().CastTo(ElementType.Float32)),
            Constant(Values([1, 2, 4], 0.9, 0.75, 0.6, 0.95, 0.2, 0.8, 0.1, 0.3).CastTo(ElementType.Float32)),
            Vector(1),
            Constant(Tensor.Of(ElementType.Float32, [1], [0.4])),
            Constant(Tensor.Of(ElementType.Float32, [1], [0.25]))
        );
        yield return Sample(
                "centers",
                Constant(Boxes().CastTo(ElementType.Float32)),
                Constant(Values([1, 1, 4], 0.9, 0.75, 0.6, 0.95).CastTo(ElementType.Float32)),
                Vector(4),
                Constant(Tensor.Of(ElementType.Float32, [1], [0.1]))
            )
            .With("center_point_box", 1);
    }

    private static Tensor Boxes() => Values([1, 4, 4], 0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11, 0, 10.1, 1, 11.1);
}
