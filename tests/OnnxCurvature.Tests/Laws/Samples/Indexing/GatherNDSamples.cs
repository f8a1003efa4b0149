using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of GatherND.</summary>
internal sealed class GatherNDSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("elements", Any(3, 4), Tensor.Of(ElementType.Int64, [3, 2], [0L, 1, 2, -1, 0, 1]));
        yield return Sample("slices", Any(3, 4, 2), Tensor.Of(ElementType.Int64, [2, 2, 1], [2L, 0, -2, 2]));
        yield return Sample("a shared axis", Any(2, 3, 2), Integers(3, 2, 4, 1)).With("batch_dims", 1);
        yield return Sample("indices at run time", Any(2, 3, 2), Fixed(Integers(2, 2, 3, 1))).With("batch_dims", 2);
    }
}
