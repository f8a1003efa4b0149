using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of OneHot.</summary>
internal sealed class OneHotSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a vector", Vector(2, 0, 3, -1), Constant(Tensor.Scalar(ElementType.Int64, 4)), Any(2));
        yield return Sample(
                "a leading axis, beyond the depth",
                Fixed(Tensor.Of(ElementType.Int64, [2, 2], [0L, 5, -3, 2])),
                Vector(3),
                Any(2)
            )
            .With("axis", 0);
        yield return Sample("fixed values", Vector(1, 0), Vector(3), Fixed(Values([2], 0, 1))).With("axis", 1);
    }
}
