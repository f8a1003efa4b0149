using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of MatMulNBits.</summary>
internal sealed class MatMulNBitsSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Bits("two blocks of four bits", 4, 32, Any(2, 32), Bytes(3, 2, 8), Any(6));
        yield return Bits(
            "zero points of four bits, a last block that is not full",
            4,
            40,
            Any(1, 2, 40),
            Bytes(3, 3, 8),
            Any(9),
            Bytes(6)
        );
        yield return Bits("a bias", 4, 16, Any(2, 16), Bytes(3, 1, 8), Any(3), Absent, Absent, Any(3));
        yield return Bits("eight bits", 8, 32, Any(2, 32), Bytes(3, 2, 16), Any(6), Bytes(6));
    }

    private OperatorSample Bits(string name, long bits, long columns, params SampleInput[] inputs) =>
        Sample(name, inputs).With("bits", bits).With("K", columns).With("N", 3).With("block_size", 16);

    private static SampleInput Bytes(params long[] shape)
    {
        var bytes = Tensor.Filled(ElementType.UInt8, shape, 0);
        for (var index = 0; index < bytes.Count; index++)
            bytes.Integers[index] = (37 * index + 91) % 256;
        return Constant(bytes);
    }
}
