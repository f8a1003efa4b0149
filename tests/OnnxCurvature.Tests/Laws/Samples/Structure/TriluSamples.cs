using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Trilu.</summary>
internal sealed class TriluSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the upper triangle", Any(3, 3));
        yield return Sample("lower triangles of a batch", Any(2, 3, 4)).With("upper", 0);
        yield return Sample("an upper diagonal", Any(3, 4), Constant(Tensor.Scalar(ElementType.Int64, 1)));
        yield return Sample("a lower diagonal", Any(4, 3), Constant(Tensor.Scalar(ElementType.Int64, -2))).With("upper", 0);
    }
}
