using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// Attention of queries [N, S, heads * D] to keys [N, T, heads * D] and values [N, T, heads * E]. Keys and values may be packed, [N, T,
/// heads, 2, D], or all three, [N, S, heads, 3, D]; keys and values of a cross-attention may have the heads first. Further inputs: a bias
/// of all three, a mask of padding, what is added to the scores, and the past. Outputs: [N, S, heads * E], and keys and values with those
/// of the past.
/// </summary>
internal sealed class MultiHeadAttention : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        if (call.Input(8) is not null || call.Input(9) is not null)
            throw new UnsupportedOperatorException("MultiHeadAttention with a shared buffer of the past or beams is not supported.");
        var heads = call.Attributes.Int("num_heads", 0);
        var (q, k, v) = Inputs(b, call, heads);
        Dim past = 0;
        if (call.Input(6) is { } pastKeys)
        {
            past = pastKeys.Type.Shape[2];
            (k, v) = (Concat.Of(b, [pastKeys, k], 2), Concat.Of(b, [call.Required(7), v], 2));
        }
        var y = MaskedAttention.Of(b, call, (q, k, v), mask: call.Input(4), added: call.Input(5), past);
        return [.. new Value?[] { y, k, v, null }.Take(call.OutputCount)];
    }

    /// <summary>Queries, keys and values with their biases, heads first.</summary>
    private static (Value Q, Value K, Value V) Inputs(GraphBuilder b, OperatorCall call, long heads)
    {
        var query = call.Required(0);
        if (query.Type.Rank == 5)
            return (Biased(Part(query, 0, 3), 0), Biased(Part(query, 1, 3), 1), Biased(Part(query, 2, 3), 2));
        var (q, key) = (Biased(Heads.Split(b, query, heads), 0), call.Required(1));
        if (key.Type.Rank == 5)
            return (q, Biased(Part(key, 0, 2), 1), Biased(Part(key, 1, 2), 2));
        return key.Type.Rank == 4
            ? (q, key, call.Required(2))
            : (q, Biased(Heads.Split(b, key, heads), 1), Biased(Heads.Split(b, call.Required(2), heads), 2));

        // [N, positions, heads, parts, D] to [N, heads, positions, D].
        Value Part(Value packed, int index, int parts)
        {
            var shape = packed.Type.Shape;
            if (shape[3] != parts)
                throw new UnsupportedOperatorException($"MultiHeadAttention cannot take packed values of shape {shape}.");
            return TransposeAxes.Of(b, Reshape.To(b, Slice.Of(b, packed, 3, index, index + 1), shape.Remove(3)), 0, 2, 1, 3);
        }

        // The bias has the entries of queries and keys, of one size, then those of values.
        Value Biased(Value x, int index)
        {
            if (call.Input(3) is not { } bias)
                return x;
            var size =
                x.Type.Shape[3].Known * heads
                ?? throw new UnsupportedOperatorException(
                    $"the size {x.Type.Shape[3]} of the heads is not known; give the sizes of symbolic dimensions."
                );
            var start =
                index < 2
                    ? index * size
                    : bias.Type.Shape[0].Known - size
                        ?? throw new UnsupportedOperatorException(
                            "the size of a bias is not known; give the sizes of symbolic dimensions."
                        );
            return Add.Of(b, x, Reshape.To(b, Slice.Of(b, bias, 0, start, start + size), [heads, 1, size / heads]));
        }
    }
}
