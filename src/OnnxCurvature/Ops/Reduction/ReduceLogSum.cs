using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The logarithm of the sum over axes.</summary>
internal sealed class ReduceLogSum : ReductionOperator
{
    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element;
        return Math.Log(sum);
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <summary>dy = Σ dx / Σ x.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (x, t) = (new Expr(b, node.Inputs[0]!), new Expr(b, tangent));
        return [Div.Of(b, SumLike(b, node, t), SumLike(b, node, x))];
    }
}
