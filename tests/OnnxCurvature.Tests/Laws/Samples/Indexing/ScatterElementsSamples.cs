using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of ScatterElements.</summary>
internal sealed class ScatterElementsSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        var apart = Tensor.Of(ElementType.Int64, [2, 3], [0L, 3, -1, 2, 1, 0]);
        yield return Sample("values put along rows", Any(4, 3), apart, Any(2, 3)).With("axis", 0);
        yield return Sample("fixed values put", Any(4, 3), Fixed(apart), Fixed(Any(2, 3))).With("axis", 0);
        yield return Sample("values put into a fixed tensor", Fixed(Any(4, 3)), apart, Any(2, 3)).With("axis", 0);
        yield return Sample("values added", Any(2, 3), Integers(3, 2, 5), Any(2, 5)).With("axis", 1).With("reduction", "add");
        yield return Sample("values added at run time", Any(2, 3), Fixed(Integers(3, 2, 5)), Any(2, 5))
            .With("axis", -1)
            .With("reduction", "add");
        var numbers = Distinct(8, 2);
        var (data, updates) = (numbers.Gather([2, 3], [.. Enumerable.Range(0, 6)]), numbers.Gather([2, 5], [.. Enumerable.Range(6, 10)]));
        yield return Sample("the greater of two", data, Integers(3, 2, 5), updates).With("axis", 1).With("reduction", "max");
        yield return Sample("the lesser of two", data, Integers(3, 2, 5), updates).With("axis", 1).With("reduction", "min");
        yield return Sample("products", Any(2, 3), Integers(3, 2, 5), Any(2, 5)).With("axis", 1).With("reduction", "mul");
    }
}
