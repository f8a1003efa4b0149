using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Quantization;

/// <summary>Samples of StraightThrough. Its derivative is not that of its value, so no derivative is taken here.</summary>
internal sealed class StraightThroughSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("integers", Fixed(Any(2, 2)), Fixed(Tensor.Of(ElementType.Int8, [2, 2], [1L, -3, 127, 0])));
    }
}
