using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of Gather.</summary>
internal sealed class GatherSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("repeated and negative indices", Any(4, 3), Vector(1, 3, 1, -1)).With("axis", 0);
        yield return Sample("a matrix of indices along the middle axis", Any(2, 4, 3), Tensor.Of(ElementType.Int64, [2, 2], [0L, 3, 2, 2]))
            .With("axis", 1);
        yield return Sample("a scalar index", Any(2, 4), Constant(Tensor.Scalar(ElementType.Int64, 2))).With("axis", -1);
        yield return Sample("indices at run time", Any(4, 3), Fixed(Vector(2, -1, 0)));
    }
}
