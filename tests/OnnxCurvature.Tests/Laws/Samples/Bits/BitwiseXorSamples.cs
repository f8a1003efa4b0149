using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Bits;

/// <summary>Samples of BitwiseXor.</summary>
internal sealed class BitwiseXorSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("broadcasting", Integers(200, 2, 3), Fixed(Integers(200, 3)));
        yield return Sample(
            "negative numbers",
            Fixed(Tensor.Of(ElementType.Int8, [3], [-128L, -1, 77])),
            Fixed(Tensor.Of(ElementType.Int8, [3], [127L, 5, -3]))
        );
    }
}
