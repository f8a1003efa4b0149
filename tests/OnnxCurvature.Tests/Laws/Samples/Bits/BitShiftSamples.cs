using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Bits;

/// <summary>Samples of BitShift.</summary>
internal sealed class BitShiftSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
                "to the left",
                Fixed(Tensor.Of(ElementType.UInt8, [3], [255L, 1, 77])),
                Fixed(Tensor.Of(ElementType.UInt8, [3], [1L, 3, 2]))
            )
            .With("direction", "LEFT");
        yield return Sample(
                "to the right",
                Fixed(Tensor.Of(ElementType.UInt32, [2], [255L, 4000000000])),
                Fixed(Tensor.Of(ElementType.UInt32, [], [3L]))
            )
            .With("direction", "RIGHT");
    }
}
