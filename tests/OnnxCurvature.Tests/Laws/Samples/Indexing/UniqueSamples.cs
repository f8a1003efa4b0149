using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of Unique. Entries at which a derivative is taken are all distinct: equal ones are a kink.</summary>
internal sealed class UniqueSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("sorted", Distinct(2, 3)) with
        {
            Types = Types([6]),
        };
        yield return Sample("in the order in which they come", Distinct(5)).With("sorted", 0) with
        {
            Types = Types([5]),
        };
        yield return Sample("slices", Distinct(3, 2, 2)).With("axis", 1) with
        {
            Types = Types([3, 2, 2]),
        };
        yield return Sample("all outputs of equal entries", Constant(Values([6], 2.5, 1, 2.5, -0.7, 1, 4))) with
        {
            Outputs = 4,
        };
        yield return Sample("equal slices in the order in which they come", Constant(Values([3, 2], 2, 1, 0, 3, 2, 1)))
            .With("axis", 0)
            .With("sorted", 0) with
        {
            Outputs = 4,
        };
    }

    private static ImmutableArray<TensorType> Types(TensorShape shape) => [new TensorType(ElementType.Float64, shape)];
}
