using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// A chunk of columns of a symmetric form Σ_c a_c b_cᵀ, each of shape [K, *s]. A weight's diagonal is Σ_c (Jᵀ a_c) ⊙ (Jᵀ b_c).
/// </summary>
/// <param name="Left">The columns a.</param>
/// <param name="Right">The columns b; null where these are the same, so that the form is a sum of squares.</param>
public readonly record struct ColumnPair(Value Left, Value? Right = null)
{
    /// <summary>Maps both sides, once where they are the same.</summary>
    public ColumnPair Select(Func<Value, Value> map) => new(map(Left), Right is null ? null : map(Right));

    /// <summary>The entrywise product a ⊙ b.</summary>
    public Value Product(GraphBuilder b) => Ops.Elementwise.Mul.Of(b, Left, Right ?? Left);
}
