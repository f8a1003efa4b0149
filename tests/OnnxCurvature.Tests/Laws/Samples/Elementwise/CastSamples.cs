using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Elementwise;

/// <summary>Samples of Cast.</summary>
internal sealed class CastSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("to a type of lower precision", Any(2, 3)).With("to", (long)ElementType.Float32) with
        {
            NotInRuntime = "managed evaluation does not round",
        };
        yield return Sample("to integers", Between(0.2, 0.8, 2, 3)).With("to", (long)ElementType.Int64);
        yield return Sample("from 4-bit integers", Fixed(Tensor.Of(ElementType.Int4, [3], [-8L, 7, 2])))
            .With("to", (long)ElementType.Float64);
        yield return Sample("from 8-bit floats", Fixed(Tensor.Of(ElementType.Float8E4M3FNUZ, [3], [-240.0, 0.0009765625, 2])))
            .With("to", (long)ElementType.Float32);
        yield return Sample("to 8-bit floats", Fixed(Any(2, 3))).With("to", (long)ElementType.Float8E5M2FNUZ);
        yield return Sample("from truth values", Fixed(Truths(2, 3))).With("to", (long)ElementType.Float64);
    }
}
