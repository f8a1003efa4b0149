using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Indexing;

/// <summary>Samples of Scatter.</summary>
internal sealed class ScatterSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("values put along rows", Any(4, 3), Tensor.Of(ElementType.Int64, [2, 3], [0L, 3, -1, 2, 1, 0]), Any(2, 3))
            .With("axis", 0) with
        {
            NotInRuntime = "no opset from 11 on has it",
        };
    }
}
