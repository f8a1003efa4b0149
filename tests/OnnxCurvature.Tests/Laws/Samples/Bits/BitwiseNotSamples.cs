using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Bits;

/// <summary>Samples of BitwiseNot.</summary>
internal sealed class BitwiseNotSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("signed", Fixed(Tensor.Of(ElementType.Int8, [3], [-128L, 0, 77])));
        yield return Sample("unsigned", Fixed(Tensor.Of(ElementType.UInt8, [3], [255L, 0, 77])));
    }
}
