using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of RotaryEmbedding.</summary>
internal sealed class RotaryEmbeddingSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("the first position", Any(2, 3, 8), Fixed(Tensor.Vector(1)), Any(5, 2), Any(5, 2));
        yield return Sample(
                "all positions, interleaved",
                Any(2, 2, 3, 4),
                Fixed(Tensor.Of(ElementType.Int64, [2, 3], [0L, 1, 2, 2, 1, 0])),
                Any(5, 2),
                Any(5, 2)
            )
            .With("interleaved", 1);
        yield return Sample(
                "a part of the heads",
                Any(2, 3, 16),
                Fixed(Tensor.Of(ElementType.Int64, [2, 3], [0L, 1, 2, 2, 1, 0])),
                Any(5, 2),
                Any(5, 2)
            )
            .With("num_heads", 2)
            .With("rotary_embedding_dim", 4);
    }
}
