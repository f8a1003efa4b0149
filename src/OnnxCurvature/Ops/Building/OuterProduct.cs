using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// Matrices u vᵀ along the last two axes, as their factors. A product with one is made of two products with vectors,
/// x (u vᵀ) = (x u) vᵀ, so that the matrix itself need not be computed.
/// </summary>
/// <param name="Column">u, of shape [..., m, 1].</param>
/// <param name="Row">vᵀ, of shape [..., 1, n].</param>
internal readonly record struct OuterProduct(Value Column, Value Row)
{
    /// <summary>The matrices [K, m, n] of columns [K, m] and rows [K, n].</summary>
    public static Value Of(GraphBuilder b, Value columns, Value rows) =>
        Mul.Of(b, Reshape.InsertAxis(b, columns, 2), Reshape.InsertAxis(b, rows, 1));

    /// <summary>
    /// The factors of matrices that are computed from them, and then at most transposed or given axes of one; null for all others.
    /// </summary>
    public static OuterProduct? In(GraphBuilder b, Value matrices)
    {
        if (matrices.Producer is not { } node || matrices.Type.Rank < 2)
            return null;
        var (column, row) = (WithOne(matrices, 1), WithOne(matrices, 2));
        if (node.Rules().IsProduct && !matrices.Type.Shape[^1].IsOne && !matrices.Type.Shape[^2].IsOne)
        {
            var (x, y) = (node.Inputs[0]!, node.Inputs[1]!);
            return (x.Type.Shape, y.Type.Shape) == (column, row) ? new OuterProduct(x, y)
                : (y.Type.Shape, x.Type.Shape) == (column, row) ? new OuterProduct(y, x)
                : null;
        }
        if (node.Operator is Reshape && node.Inputs[0]!.Type.Shape is { Rank: >= 2 } before && HasMatricesOf(before, matrices.Type.Shape))
            return In(b, node.Inputs[0]!) is { } same
                ? new OuterProduct(Reshape.To(b, same.Column, column), Reshape.To(b, same.Row, row))
                : null;
        if (node.Rules().PermutationOf(node) is { } axes && ExchangesLast(axes) && In(b, node.Inputs[0]!) is { } turned)
            return new OuterProduct(TransposeAxes.Last(b, turned.Row), TransposeAxes.Last(b, turned.Column));
        return null;
    }

    /// <summary>The shape of a value with one in the place of an axis that is counted from the last.</summary>
    private static TensorShape WithOne(Value value, int fromLast)
    {
        var axis = value.Type.Rank - fromLast;
        return value.Type.Shape.Remove(axis).Insert(axis, 1);
    }

    private static bool HasMatricesOf(TensorShape before, TensorShape after) => (before[^2], before[^1]) == (after[^2], after[^1]);

    private static bool ExchangesLast(ImmutableArray<int> axes)
    {
        var last = axes.Length - 1;
        return axes[last] == last - 1 && axes[..(last - 1)].Select((from, to) => from == to).All(stays => stays);
    }
}
