using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Upsample.</summary>
internal sealed class UpsampleSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        var twice = Constant(Tensor.Of(ElementType.Float32, [4], [1.0, 1, 2, 2]));
        yield return Sample("each pixel twice", Any(1, 2, 3, 4), twice) with
        {
            NotInRuntime = "no opset from 10 on has it",
        };
        yield return Sample("linear", Any(1, 2, 3, 4), twice).With("mode", "linear") with
        {
            NotInRuntime = "no opset from 10 on has it",
        };
    }
}
