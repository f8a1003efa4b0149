using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>
/// Attention by a state that every position updates: S ← e^g S + k (β (v - (e^g S)ᵀ k))ᵀ and y = s Sᵀ q, without the decay e^g for the
/// <c>update_rule</c> "linear" and "delta", and with S ← e^g S + k vᵀ for "linear" and "gated". Inputs: queries [N, T, heads * D], keys [N,
/// T, groups * D], values [N, T, groups * E], the state before the first position [N, groups, D, E], zero where it is left out, g [N, T,
/// groups * D] or [N, T, groups], and β [N, T, groups] or [N, T, 1]. Outputs: y [N, T, heads * E] and the state after the last position. Of
/// opset 27, so files hold what it is made of.
/// </summary>
internal sealed class LinearAttention : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var rule = call.Attributes.Text("update_rule", "gated_delta");
        var (decays, corrects) = rule switch
        {
            "linear" => (false, false),
            "gated" => (true, false),
            "delta" => (false, true),
            "gated_delta" => (true, true),
            _ => throw new UnsupportedOperatorException($"the update_rule '{rule}' of LinearAttention is not known."),
        };
        var (heads, groups) = (call.Attributes.Int("q_num_heads", 0), call.Attributes.Int("kv_num_heads", 0));
        var (q, k, v) = (
            Heads.Split(b, call.Required(0), heads),
            Heads.Split(b, call.Required(1), groups),
            Heads.Split(b, call.Required(2), groups)
        );
        if (q.Type.Shape[2].Known is not { } steps || q.Type.Shape[3].Known is not { } size)
            throw new UnsupportedOperatorException(
                $"the positions and the heads' size of {q.Type.Shape} are not known; give the sizes of symbolic dimensions."
            );
        var factor = call.Attributes.Float("scale", 0) is var scale && scale != 0 ? scale : 1 / Math.Sqrt(size);
        var decay = decays ? new Expr(b, Heads.Split(b, call.Required(4), groups)).Through<Exp>() : default(Expr?);
        var rate = corrects ? Heads.Split(b, call.Required(5), call.Required(5).Type.Shape[2].IsOne ? 1 : groups) : null;
        var state = new Expr(
            b,
            call.Input(3) ?? Expand.Of(b, b.Scalar(q.Type.Element, 0), [q.Type.Shape[0], groups, size, v.Type.Shape[3]])
        );
        var rows = new List<Value>();
        for (long step = 0; step < steps; step++)
        {
            var key = At(k);
            if (decay is { } gate)
                state = state.With(TransposeAxes.Last(b, At(gate))) * state;
            var written = state.With(At(v));
            if (rate is not null)
                written = state.With(At(rate)) * (written - state.With(MatMul.Of(b, key, state)));
            state += state.With(TransposeAxes.Last(b, key)) * written;
            rows.Add(MatMul.Of(b, factor * state.With(At(q)), Heads.Repeat(b, state, heads)));

            Value At(Value of) => Slice.Of(b, of, 2, step, step + 1);
        }
        return [.. new Value?[] { Heads.Merge(b, Concat.Of(b, [.. rows], 2)), state }.Take(call.OutputCount)];
    }
}
