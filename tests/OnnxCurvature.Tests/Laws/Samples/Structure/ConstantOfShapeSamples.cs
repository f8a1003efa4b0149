using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of ConstantOfShape.</summary>
internal sealed class ConstantOfShapeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("zeros by default", Vector(2, 3));
        yield return Sample("ones of another type", Vector(2)) with
        {
            Attributes = Attributes.Empty.With("value", Tensor.Of(ElementType.Int64, [1], [1L])),
        };
        yield return Sample("a scalar", Vector()) with
        {
            Attributes = Attributes.Empty.With("value", Values([1], 2.5)),
        };
    }
}
