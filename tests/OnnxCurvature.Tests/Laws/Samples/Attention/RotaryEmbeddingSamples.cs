namespace OnnxCurvature.Tests.Laws.Samples.Attention;

/// <summary>Samples of RotaryEmbedding.</summary>
internal sealed class RotaryEmbeddingSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("rows of the caches", Any(2, 2, 3, 4), Any(5, 2), Any(5, 2), Constant(Integers(5, 2, 3)));
        yield return Sample("caches for each position", Any(2, 2, 3, 4), Any(2, 3, 2), Any(2, 3, 2));
        yield return Sample("pairs side by side", Any(2, 2, 3, 4), Any(2, 3, 2), Any(2, 3, 2)).With("interleaved", 1);
        yield return Sample("heads in the last axis", Any(2, 3, 8), Any(2, 3, 2), Any(2, 3, 2)).With("num_heads", 2);
        yield return Sample("a part of each head", Any(1, 2, 3, 6), Fixed(Any(1, 3, 2)), Fixed(Any(1, 3, 2)))
            .With("rotary_embedding_dim", 4);
    }
}
