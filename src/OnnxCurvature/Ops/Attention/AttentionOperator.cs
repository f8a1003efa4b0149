using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>
/// ONNX's Attention: softmax(s Q·Kᵀ + mask)·V. Inputs: queries [N, heads, S, D] or [N, S, heads * D], keys and values with as many heads or a divisor of
/// that, a mask of truth values or of what is added to the scores, past keys and values, and how many keys of each sample count. Outputs: as the
/// queries, keys and values with those of the past before them, and the scores at a stage of the way. Of opset 23, so files hold what it is made of.
/// </summary>
public sealed class AttentionOperator : ExpandedOperator
{
    /// <inheritdoc/>
    public override string Name => "Attention";

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var attributes = call.Attributes;
        // ONNX Runtime has no kernel for windows, so there is nothing to hold ours to.
        if (attributes.Int("left_window_size", -1) >= 0 || attributes.Int("right_window_size", -1) >= 0)
            throw new UnsupportedOperatorException("Attention with a left_window_size or right_window_size is not supported; give a mask instead.");
        var flat = call.Required(0).Type.Rank == 3;
        var (q, k, v) = (HeadsFirst(call.Required(0), "q_num_heads"), HeadsFirst(call.Required(1), "kv_num_heads"), HeadsFirst(call.Required(2), "kv_num_heads"));
        Dim past = 0;
        if (call.Input(4) is { } pastKeys)
        {
            past = pastKeys.Type.Shape[2];
            (k, v) = (Concat.Of(b, [pastKeys, k], 2), Concat.Of(b, [call.Required(5), v], 2));
        }
        var heads = q.Type.Shape[1];
        var product = new ScaledDotProduct(attributes.Has("scale") ? attributes.Float("scale", 1) : null) { SoftCap = attributes.Float("softcap", 0) };
        var raw = product.Scores(b, q, Heads.Repeat(b, k, heads));
        var capped = product.Capped(raw);
        var masked = Masked(b, call, capped, past);
        var weights = masked.With(Softmax.Of(b, masked, 3));
        var y = Products.MatMul.Of(b, weights, Heads.Repeat(b, v, heads));
        var stage = attributes.Int("qk_matmul_output_mode", 0) switch
        {
            0 => raw,
            1 => capped,
            2 => masked,
            3 => weights,
            var mode => throw new UnsupportedOperatorException($"the qk_matmul_output_mode {mode} is not known."),
        };
        return [.. new Value?[] { flat ? Heads.Merge(b, y) : y, k, v, stage }.Take(call.OutputCount)];

        Value HeadsFirst(Value x, string name) => flat ? Heads.Split(b, x, attributes.Int(name, 0)) : x;
    }

    /// <summary>The scores, with the least number of float32 where a query does not see a key: as in ONNX Runtime, a query that sees none sees all alike.</summary>
    private static Expr Masked(GraphBuilder b, OperatorCall call, Expr scores, Dim past)
    {
        var shape = scores.Value.Type.Shape;
        Value? allowed = null;
        if (call.Attributes.Int("is_causal", 0) != 0)
            allowed = AttentionMask.Causal(b, shape[2], shape[3], past);
        if (call.Input(6) is { } lengths)
            Allow(Less.Of(b, AttentionMask.Indices(b, shape[3]), Reshape.To(b, lengths, [lengths.Type.Shape[0], 1, 1, 1])));
        if (call.Input(3) is { } mask)
        {
            mask = Padded(b, mask, shape[3]);
            if (mask.Type.Element == ElementType.Bool)
                Allow(mask);
            else
                scores += scores.With(mask);
        }
        return allowed is null ? scores : Expr.Select(allowed, scores, scores.Number(float.MinValue));

        void Allow(Value more) => allowed = allowed is null ? more : And.Of(b, allowed, more);
    }

    /// <summary>A mask that has fewer keys than there are; those that it lacks are not seen.</summary>
    private static Value Padded(GraphBuilder b, Value mask, Dim keys)
    {
        var shape = mask.Type.Shape;
        if (shape.Rank == 0 || shape[^1] == keys || shape[^1].IsOne)
            return mask;
        if (shape[^1].Known is not { } has || keys.Known is not { } needed || has > needed)
            throw new UnsupportedOperatorException($"a mask of shape {shape} does not fit {keys} keys.");
        var rest = Expand.Of(b, b.Constant(Tensor.Scalar(mask.Type.Element, mask.Type.Element == ElementType.Bool ? 0 : double.NegativeInfinity)), shape.With(shape.Rank - 1, needed - has));
        return Concat.Of(b, [mask, rest], shape.Rank - 1);
    }
}
