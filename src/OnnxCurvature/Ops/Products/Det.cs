using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Products;

/// <summary>
/// Determinants of square matrices x [..., n, n]. In derivatives Laplace's expansion over all sets of columns, row by row: a polynomial
/// without divisions, so it is right for singular matrices, too; n 2ⁿ products, and n is at most 16.
/// </summary>
internal sealed class Det : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    private const int Largest = 16;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return x.Rank >= 2 && x.Shape[^1] == x.Shape[^2]
            ? [x with { Shape = x.Shape.Range(0, x.Rank - 2) }]
            : throw new UnsupportedOperatorException($"Det takes square matrices, and {x.Shape} are none.");
    }

    /// <summary>The minors of the first k rows with each set S of k columns: Σ_j ± x[k - 1, j] minor(S without j).</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var rank = x.Type.Rank;
        if (x.Type.Shape[^1].Known is not { } size || size is < 1 or > Largest)
            throw new UnsupportedOperatorException(
                $"the derivative of Det is known for matrices of 1 to {Largest} rows, and {x.Type.Shape} are not known to be such."
            );
        var (sets, minors) = (new[] { 0 }, (Value?)null);
        for (var row = 0; row < size; row++)
        {
            var next = Enumerable.Range(0, 1 << (int)size).Where(set => int.PopCount(set) == row + 1).ToArray();
            var places = sets.Index().ToDictionary(entry => entry.Item, entry => (long)entry.Index);
            var terms = next.SelectMany(set =>
                    Enumerable
                        .Range(0, (int)size)
                        .Where(column => (set >> column & 1) != 0)
                        .Select(
                            (column, position) =>
                                (Column: (long)column, Minor: places[set & ~(1 << column)], Sign: (position + row) % 2 == 0 ? 1.0 : -1.0)
                        )
                )
                .ToArray();
            var entries = new Expr(b, Gather.Of(b, Row(row), b.Vector([.. terms.Select(term => term.Column)]), rank - 2));
            var products =
                entries * entries.With(b.Constant(Tensor.Of(x.Type.Element, [terms.Length], [.. terms.Select(term => term.Sign)])));
            if (minors is not null)
                products *= products.With(Gather.Of(b, minors, b.Vector([.. terms.Select(term => term.Minor)]), rank - 2));
            var bySet = Reshape.To(b, products, [.. x.Type.Shape.Range(0, rank - 2), next.Length, row + 1]);
            (sets, minors) = (next, ReduceSum.Of(b, bySet, [rank - 1], keepDims: false));
        }
        return [Reshape.To(b, minors!, x.Type.Shape.Range(0, rank - 2))];

        Value Row(int row) => Reshape.To(b, Slice.Of(b, x, rank - 2, row, row + 1), [.. x.Type.Shape.Range(0, rank - 2), x.Type.Shape[^1]]);
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2.0 / 3 * size(node.Inputs[0]!.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[^1]);
}
