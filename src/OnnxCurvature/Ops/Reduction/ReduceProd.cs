using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The product over axes.</summary>
internal sealed class ReduceProd : ReductionOperator
{
    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double product = 1;
        foreach (var element in elements)
            product *= element;
        return product;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) =>
        node.Output.Type.Rank == 0 && node.Inputs[0]!.Contents is { } contents ? [contents.Aggregate((Dim)1, (a, b) => a * b)] : null;

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        ReducesNothing(node) ? Curvature.PiecewiseLinear : Curvature.Curved;

    /// <summary>
    /// The tangent of a tree of products of two halves, which is exact at zeros, where y / x is not a number, and takes about as many
    /// operations as there are elements.
    /// </summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var product = ReducedLast(b, node, node.Inputs[0]!);
        // A product of no elements is one.
        if (KnownSize(product) == 0)
            return [null];
        var last = product.Type.Rank - 1;
        for (var size = KnownSize(product); size > 1; size = KnownSize(product))
        {
            var half = size / 2;
            var halves = Mul.Of(b, Slice.Of(b, product, last, 0, half), Slice.Of(b, product, last, half, 2 * half));
            product = size % 2 == 0 ? halves : Concat.Of(b, [halves, Slice.Of(b, product, last, size - 1, size)], last);
        }
        return [Pushforward.Through(b, node.Inputs[0]!, tangent, Reshape.To(b, product, node.Output.Type.Shape))];
    }
}
