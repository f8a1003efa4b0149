using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of ScatterND.</summary>
internal sealed class ScatterNDSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        var apart = Tensor.Of(ElementType.Int64, [3, 1], [3L, 0, -2]);
        yield return Sample("slices put", Any(4, 3), apart, Any(3, 3));
        yield return Sample("fixed slices put", Any(4, 3), Fixed(apart), Fixed(Any(3, 3)));
        yield return Sample("slices put into a fixed tensor", Fixed(Any(4, 3)), apart, Any(3, 3));
        yield return Sample("elements added", Any(2, 3), Tensor.Of(ElementType.Int64, [2, 2, 2], [0L, 1, 1, 2, 0, 1, 1, -3]), Any(2, 2))
            .With("reduction", "add");
        var numbers = Distinct(7, 3);
        yield return Sample(
                "a greatest slice",
                numbers.Gather([4, 3], [.. Enumerable.Range(0, 12)]),
                apart,
                numbers.Gather([3, 3], [.. Enumerable.Range(12, 9)])
            )
            .With("reduction", "max");
        yield return Sample("products with slices", Any(4, 3), Tensor.Of(ElementType.Int64, [3, 1], [3L, 0, 3]), Any(3, 3))
            .With("reduction", "mul");
        yield return Sample("products with fixed slices", Any(4, 3), apart, Fixed(Any(3, 3))).With("reduction", "mul");
    }
}
