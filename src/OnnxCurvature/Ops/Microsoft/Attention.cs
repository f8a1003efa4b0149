using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// Self-attention with its projections: queries, keys and values are the parts of x·W + bias, for x [N, S, I] and W [I, Q + K + V]. Inputs:
/// x, W, the bias, a mask of padding, past keys and values [2, N, heads, P, D], and what is added to the scores. Outputs: [N, S, V], and
/// the keys and values with those of the past before them.
/// </summary>
internal sealed class Attention : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        if (
            call.Input(6) is not null
            || call.Attributes.Int("past_present_share_buffer", 0) != 0
            || call.Attributes.Int("do_rotary", 0) != 0
        )
            throw new UnsupportedOperatorException("Attention with a shared buffer of the past or with rotary positions is not supported.");
        var heads = call.Attributes.Int("num_heads", 0);
        var projected = MatMul.Of(b, call.Required(0), call.Required(1));
        if (call.Input(2) is { } bias)
            projected = Elementwise.Add.Of(b, projected, bias);
        var whole =
            projected.Type.Shape[2].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {projected.Type.Shape[2]} of the projections is not known; give the sizes of symbolic dimensions."
            );
        var sizes = call.Attributes.Ints("qkv_hidden_sizes") ?? [whole / 3, whole / 3, whole / 3];
        var parts = Catalogue
            .Get<Split>()
            .Apply(b, [projected], Attributes.Empty.With("axis", 2L).With("split", sizes.AsEnumerable()), 3)
            .Outputs;
        var (q, k, v) = (Heads.Split(b, parts[0], heads), Heads.Split(b, parts[1], heads), Heads.Split(b, parts[2], heads));
        Dim past = 0;
        if (call.Input(4) is { } cache)
        {
            past = cache.Type.Shape[3];
            (k, v) = (Concat.Of(b, [Cached(cache, 0), k], 2), Concat.Of(b, [Cached(cache, 1), v], 2));
        }
        var y = MaskedAttention.Of(b, call, (q, k, v), mask: call.Input(3), added: call.Input(5), past);
        return call.OutputCount < 2 ? [y] : [y, Concat.Of(b, [Reshape.InsertAxis(b, k, 0), Reshape.InsertAxis(b, v, 0)], 0)];

        Value Cached(Value both, int index) => Reshape.To(b, Slice.Of(b, both, 0, index, index + 1), both.Type.Shape.Remove(0));
    }
}
