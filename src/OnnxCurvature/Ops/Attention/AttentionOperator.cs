using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>
/// ONNX's Attention: softmax(s Q·Kᵀ + mask)·V. Inputs: queries [N, heads, S, D] or [N, S, heads * D], keys and values with as many heads or
/// a divisor of that, a mask of truth values or of what is added to the scores, past keys and values, and how many keys of each sample
/// count. Outputs: as the queries, keys and values with those of the past before them, and the scores at a stage of the way. Of opset 23,
/// so files hold what it is made of.
/// </summary>
internal sealed class AttentionOperator : ExpandedOperator
{
    /// <inheritdoc/>
    /// <remarks>The fourth input is the mask.</remarks>
    public override ConstantRole RoleOf(Node node, int input) => input == 3 ? ConstantRole.Formula : base.RoleOf(node, input);

    /// <inheritdoc/>
    public override string Name => "Attention";

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var attributes = call.Attributes;
        var flat = call.Required(0).Type.Rank == 3;
        var (q, k, v) = (
            HeadsFirst(call.Required(0), "q_num_heads"),
            HeadsFirst(call.Required(1), "kv_num_heads"),
            HeadsFirst(call.Required(2), "kv_num_heads")
        );
        Dim past = 0;
        if (call.Input(4) is { } pastKeys)
        {
            past = pastKeys.Type.Shape[2];
            (k, v) = (Concat.Of(b, [pastKeys, k], 2), Concat.Of(b, [call.Required(5), v], 2));
        }
        var heads = q.Type.Shape[1];
        var product = new ScaledDotProduct(attributes.Has("scale") ? attributes.Float("scale", 1) : null)
        {
            SoftCap = attributes.Float("softcap", 0),
        };
        var raw = product.Scores(b, q, Heads.Repeat(b, k, heads));
        var capped = product.Capped(raw);
        var (masked, weights) = Masked(b, call, capped, past);
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

    /// <summary>
    /// The scores with the mask, -∞ where a query does not see a key, and their softmax, all of which is zero for a query that sees no key.
    /// The softmax is taken of the least number of float32 in place of -∞, so that it is a number there, too.
    /// </summary>
    private static (Expr Scores, Expr Weights) Masked(GraphBuilder b, OperatorCall call, Expr scores, Dim past)
    {
        var shape = scores.Value.Type.Shape;
        var keys = AttentionMask.Indices(b, shape[3]);
        var (causal, left, right) = (
            call.Attributes.Int("is_causal", 0) != 0,
            call.Attributes.Int("left_window_size", -1),
            call.Attributes.Int("right_window_size", -1)
        );
        Value? allowed = null;
        if (causal || left >= 0 || right >= 0)
        {
            var queries = AttentionMask.Rows(b, shape[2], past);
            if (call.Input(4) is null && call.Input(6) is { } filled)
                queries = Add.Of(b, queries, Sub.Of(b, OfSamples(filled), Dims.ToValue(b, shape[2])));
            if (causal || right >= 0)
                Allow(
                    Catalogue
                        .Get<LessOrEqual>()
                        .Apply(b, [keys, causal ? queries : Add.Of(b, queries, b.Scalar(ElementType.Int64, right))])
                        .Output
                );
            if (left >= 0)
                Allow(Catalogue.Get<GreaterOrEqual>().Apply(b, [keys, Sub.Of(b, queries, b.Scalar(ElementType.Int64, left))]).Output);
        }
        // Whatever is not ahead of a query is seen by it, the first key at least.
        var seesAny = left < 0 && call.Input(6) is null && call.Input(3) is null;
        if (call.Input(6) is { } lengths)
            Allow(Less.Of(b, keys, OfSamples(lengths)));
        if (call.Input(3) is { } mask)
        {
            mask = Padded(b, mask, shape[3]);
            if (mask.Type.Element == ElementType.Bool)
                Allow(mask);
            else
            {
                var added = scores.With(mask);
                Allow(added > double.NegativeInfinity);
                scores += added;
            }
        }
        if (allowed is null)
            return (scores, scores.With(Softmax.Of(b, scores, 3)));
        var weights = scores.With(Softmax.Of(b, Expr.Select(allowed, scores, scores.Number(float.MinValue)), 3));
        if (!seesAny)
            weights *= weights.With(
                ReduceMax.Of(b, Cast.Of(b, allowed, weights.Value.Type.Element), [allowed.Type.Rank - 1], keepDims: true)
            );
        return (Expr.Select(allowed, scores, scores.Number(double.NegativeInfinity)), weights);

        void Allow(Value more) => allowed = allowed is null ? more : And.Of(b, allowed, more);

        Value OfSamples(Value numbers) => Reshape.To(b, numbers, [numbers.Type.Shape[0], 1, 1, 1]);
    }

    /// <summary>A mask that has fewer keys than there are; those that it lacks are not seen.</summary>
    private static Value Padded(GraphBuilder b, Value mask, Dim keys)
    {
        var shape = mask.Type.Shape;
        if (shape.Rank == 0 || shape[^1] == keys || shape[^1].IsOne)
            return mask;
        if (shape[^1].Known is not { } has || keys.Known is not { } needed || has > needed)
            throw new UnsupportedOperatorException($"a mask of shape {shape} does not fit {keys} keys.");
        var rest = Expand.Of(
            b,
            b.Constant(Tensor.Scalar(mask.Type.Element, mask.Type.Element == ElementType.Bool ? 0 : double.NegativeInfinity)),
            shape.With(shape.Rank - 1, needed - has)
        );
        return Concat.Of(b, [mask, rest], shape.Rank - 1);
    }
}
