using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The Euclidean norm over axes. The slope at 0 is 0.</summary>
internal sealed class ReduceL2 : ReductionOperator
{
    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double largest = 0;
        foreach (var element in elements)
            largest = Math.Max(largest, Math.Abs(element));
        if (largest == 0)
            return 0;
        double sum = 0;
        foreach (var element in elements)
            sum += element / largest * (element / largest);
        return largest * Math.Sqrt(sum);
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        ReducesNothing(node) ? Curvature.PiecewiseLinear : Curvature.Curved;

    /// <summary>dy = Σ (x / y) dx; where y = 0 there is a kink, at which the slope and all that is derived from it are 0.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (x, y, t) = (new Expr(b, node.Inputs[0]!), new Expr(b, WithKeptAxes(b, node, node.Output)), new Expr(b, tangent));
        var isZero = Equal.Of(b, y, y.Number(0));
        return [SumLike(b, node, Expr.Select(isZero, y.Number(0), x / Expr.Select(isZero, y.Number(1), y)) * t)];
    }
}
