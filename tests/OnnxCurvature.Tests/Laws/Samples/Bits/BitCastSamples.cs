using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Bits;

/// <summary>Samples of BitCast.</summary>
internal sealed class BitCastSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("integers as floats", Fixed(Tensor.Of(ElementType.Int32, [4], [0x3F800000L, -1082130432, 0x40490FDB, 0])))
            .With("to", (long)ElementType.Float32);
        yield return Sample(
                "long integers as floats",
                Fixed(Tensor.Of(ElementType.Int64, [2], [0x3FF0000000000000L, -4611686018427387904]))
            )
            .With("to", (long)ElementType.Float64);
        yield return Sample("floats as integers", Fixed(Tensor.Of(ElementType.Float32, [3], [1.0, -0.1, double.PositiveInfinity])))
            .With("to", (long)ElementType.Int32);
        yield return Sample("signed as unsigned", Fixed(Tensor.Of(ElementType.Int32, [3], [-1L, 0, 300])))
            .With("to", (long)ElementType.UInt32);
        yield return Sample("truth values as bytes", Fixed(Tensor.Of(ElementType.Bool, [2], [1L, 0])))
            .With("to", (long)ElementType.UInt8) with
        {
            NotInRuntime = "its kernel takes no truth values",
        };
    }
}
