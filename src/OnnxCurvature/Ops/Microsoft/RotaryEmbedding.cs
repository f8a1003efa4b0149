using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// The standard's RotaryEmbedding with its inputs in another order: x, positions, and the caches of cosines and sines. The positions are
/// those of all entries [N, S], or the first of them [1].
/// </summary>
internal sealed class RotaryEmbedding : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        if (call.Attributes.Float("scale", 1) != 1 || call.Attributes.Int("is_packed_batching", 0) != 0)
            throw new UnsupportedOperatorException("RotaryEmbedding with a scale or packed batches is not supported.");
        var x = call.Required(0);
        var positions = call.Required(1);
        var cos = call.Required(2);
        var sin = call.Required(3);
        var (heads, turned) = (call.Attributes.Int("num_heads", 0), call.Attributes.Int("rotary_embedding_dim", 0));
        var shape = x.Type.Shape;
        if (shape.Rank == 3 && heads == 0)
            heads =
                (shape[2].Known / (2 * cos.Type.Shape[1].Known))
                ?? throw new UnsupportedOperatorException(
                    "the number of heads of RotaryEmbedding is not known; give the sizes of symbolic dimensions."
                );
        if (positions.Type.Rank == 1)
        {
            var sequence = shape[shape.Rank == 3 ? 1 : 2];
            positions = Expand.Of(b, Add.Of(b, AttentionMask.Indices(b, sequence), positions), [shape[0], sequence]);
        }
        return [Of(b, x, positions, cos, sin, heads, turned, call.Attributes.Int("interleaved", 0) != 0)];
    }

    /// <summary>The standard's operator on x, [N, heads, S, D] or [N, S, heads * D].</summary>
    internal static Value Of(GraphBuilder b, Value x, Value positions, Value cos, Value sin, long heads, long turned, bool interleaved)
    {
        var attributes = Attributes
            .Empty.With("interleaved", interleaved ? 1L : 0L)
            .With("rotary_embedding_dim", (object)turned)
            .With("num_heads", (object)heads);
        var standard = Catalogue.Get<Ops.Attention.RotaryEmbedding>();
        return standard.Parts(b, new OperatorCall(standard.Name, standard.Domain, [x, cos, sin, positions], attributes, 1));
    }
}
