using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// Causal attention in which groups of heads share keys and values. Inputs: queries [N, S, heads * D] (or all three packed), keys and
/// values [N, S, groups * D], the past [N, groups, P, D], one less than the length of every sequence, the longest length, the caches of
/// rotary positions, the positions, what is added to the scores, and a further score for each head that weighs no value, zero for
/// <c>smooth_softmax</c> = 1. Outputs: [N, S, heads * D], and keys and values with those of the past. Without a past the lengths change
/// nothing that counts; with one they must be constants and equal P + S. Positions are those that are given; of those of a prompt ONNX
/// Runtime reads the first alone on the CPU, and counts on from it.
/// </summary>
internal sealed class GroupQueryAttention : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var attributes = call.Attributes;
        var (heads, groups) = (attributes.Int("num_heads", 0), attributes.Int("kv_num_heads", 0));
        if (call.Inputs.Skip(12).Any(input => input is not null))
            throw new UnsupportedOperatorException("GroupQueryAttention with quantized caches is not supported.");
        var (query, keys, values) = Unpacked(b, call, heads, groups);
        var (q, k, v) = (Heads.Split(b, query, heads), Heads.Split(b, keys, groups), Heads.Split(b, values, groups));
        var past = Past(call, q.Type.Shape[2]);
        if (attributes.Int("do_rotary", 0) != 0)
            (q, k) = (Turned(b, call, q, past), Turned(b, call, k, past));
        if (past != 0)
            (k, v) = (Concat.Of(b, [call.Required(3), k], 2), Concat.Of(b, [call.Required(4), v], 2));
        var scale = attributes.Float("scale", 0);
        var product = new ScaledDotProduct(scale == 0 ? null : scale) { SoftCap = attributes.Float("softcap", 0) };
        var scores = product.Capped(product.Scores(b, q, Heads.Repeat(b, k, heads)));
        if (call.Input(10) is { } added)
            scores += scores.With(added);
        var shape = scores.Value.Type.Shape;
        var allowed = AttentionMask.Causal(b, shape[2], shape[3], past);
        if (attributes.Int("local_window_size", -1) is var window and > 0)
            allowed = Logic.And.Of(b, allowed, AttentionMask.Recent(b, shape[2], shape[3], past, window));
        scores = Expr.Select(allowed, scores, scores.Number(float.MinValue));
        var sink =
            call.Input(11) is { } sinks ? Reshape.To(b, sinks, [1, heads, 1, 1])
            : attributes.Int("smooth_softmax", 0) != 0 ? b.Scalar(q.Type.Element, 0)
            : null;
        var repeated = Heads.Repeat(b, v, heads);
        var y = Heads.Merge(
            b,
            sink is null ? ScaledDotProduct.Weigh(b, scores, repeated) : ScaledDotProduct.Weigh(b, scores, repeated, sink)
        );
        return [.. new Value?[] { y, k, v, null }.Take(call.OutputCount)];
    }

    /// <summary>The number of past positions, if all sequences have it.</summary>
    private static Dim Past(OperatorCall call, Dim sequence)
    {
        if (call.Input(3) is not { } cache || cache.Type.Shape[2] == 0)
            return 0;
        var past = cache.Type.Shape[2];
        return
            past.Known is { } length
            && sequence.Known is { } queries
            && KnownTensor.Of(call.Required(5))?.Integers.All(last => last == length + queries - 1) == true
            ? past
            : throw new UnsupportedOperatorException(
                "GroupQueryAttention with a past is supported only where the lengths of the sequences are constants and fill it."
            );
    }

    private static Value Turned(GraphBuilder b, OperatorCall call, Value x, Dim past)
    {
        var shape = x.Type.Shape;
        var (cos, sin) = (call.Required(7), call.Required(8));
        var positions =
            call.Input(9)
            ?? Expand.Of(
                b,
                past == 0 ? AttentionMask.Indices(b, shape[2]) : Add.Of(b, AttentionMask.Indices(b, shape[2]), Dims.ToValue(b, past)),
                [shape[0], shape[2]]
            );
        var turned =
            2 * cos.Type.Shape[1].Known
            ?? throw new UnsupportedOperatorException("the size of the rotary caches is not known; give the sizes of symbolic dimensions.");
        return RotaryEmbedding.Of(b, x, positions, cos, sin, 0, turned, call.Attributes.Int("rotary_interleaved", 0) != 0);
    }

    private static (Value Q, Value K, Value V) Unpacked(GraphBuilder b, OperatorCall call, long heads, long groups)
    {
        var packed = call.Required(0);
        if (call.Input(1) is { } keys)
            return (packed, keys, call.Required(2));
        var size =
            packed.Type.Shape[2].Known / (heads + 2 * groups)
            ?? throw new UnsupportedOperatorException("the size of the heads is not known; give the sizes of symbolic dimensions.");
        var parts = Catalogue
            .Get<Split>()
            .Apply(b, [packed], Attributes.Empty.With("axis", 2L).With("split", [heads * size, groups * size, groups * size]), 3)
            .Outputs;
        return (parts[0], parts[1], parts[2]);
    }
}
