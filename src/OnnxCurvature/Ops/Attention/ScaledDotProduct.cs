using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>softmax(s Q·Kᵀ + mask)·V for queries [N, heads, S, D], keys [N, heads, T, D] and values [N, heads, T, E].</summary>
/// <param name="Scale">The factor s; null for 1/√D.</param>
internal sealed record ScaledDotProduct(double? Scale)
{
    /// <summary>c in c tanh(x / c), through which the products go; zero for not at all.</summary>
    public double SoftCap { get; init; }

    /// <summary>The scaled products of queries and keys, [N, heads, S, T].</summary>
    public Expr Scores(GraphBuilder b, Value q, Value k)
    {
        var size =
            q.Type.Shape[3].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {q.Type.Shape[3]} of the heads is not known; give the sizes of symbolic dimensions."
            );
        return new Expr(b, MatMul.Of(b, (Scale ?? 1 / Math.Sqrt(size)) * new Expr(b, q), TransposeAxes.Last(b, k)));
    }

    /// <summary>The scores, bounded by the cap.</summary>
    public Expr Capped(Expr scores) => SoftCap > 0 ? SoftCap * (scores / SoftCap).Through<Tanh>() : scores;

    /// <summary>The values weighed by the softmax of scores, [N, heads, S, E].</summary>
    public static Value Weigh(GraphBuilder b, Value scores, Value v) => MatMul.Of(b, Softmax.Of(b, scores, scores.Type.Rank - 1), v);

    /// <summary>The same with one more score in every row, whose weight is on no value: exp(score) / (exp(sink) + Σ exp(scores)).</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="scores">The scores, [N, heads, S, T].</param>
    /// <param name="v">The values.</param>
    /// <param name="sink">The further score, of a shape that is broadcast to [N, heads, S, 1].</param>
    public static Value Weigh(GraphBuilder b, Value scores, Value v, Value sink)
    {
        var all = Concat.Of(b, [scores, Expand.Of(b, sink, scores.Type.Shape.With(3, 1))], 3);
        return MatMul.Of(b, Slice.Of(b, Softmax.Of(b, all, 3), 3, 0, -1), v);
    }
}
