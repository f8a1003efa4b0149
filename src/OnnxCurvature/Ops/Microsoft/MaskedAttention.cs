using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Attention;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The common part of the attentions of ONNX Runtime's domain.</summary>
internal static class MaskedAttention
{
    /// <summary>
    /// softmax(scale Q Kᵀ + penalty of the mask + added) V, [N, S, heads * E]; with the attribute <c>unidirectional</c> no query meets a
    /// later key. The attribute <c>scale</c> is by default one over the root of the size of a head.
    /// </summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="call">The call.</param>
    /// <param name="heads">Queries [N, heads, S, D], keys [N, heads, T, D] and values [N, heads, T, E].</param>
    /// <param name="mask">The mask of padding, or null.</param>
    /// <param name="added">The term that is added to the scores, or null.</param>
    /// <param name="past">The number of keys before the first query.</param>
    public static Value Of(GraphBuilder b, OperatorCall call, (Value Q, Value K, Value V) heads, Value? mask, Value? added, Dim past)
    {
        var scale = call.Attributes.Float("scale", 0);
        var scores = new ScaledDotProduct(scale == 0 ? null : scale).Scores(b, heads.Q, heads.K);
        var shape = scores.Value.Type.Shape;
        if (mask is not null)
            scores += scores.With(PaddingMask.Penalty(b, call, mask, shape, scores.Value.Type.Element));
        if (call.Attributes.Int("unidirectional", 0) != 0)
            scores = Expr.Select(AttentionMask.Causal(b, shape[2], shape[3], past), scores, scores.Number(float.MinValue));
        if (added is not null)
            scores += scores.With(added);
        return Heads.Merge(b, ScaledDotProduct.Weigh(b, scores, heads.V));
    }
}
