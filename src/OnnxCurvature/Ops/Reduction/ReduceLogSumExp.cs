using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The logarithm of the sum of exponentials over axes, without overflow.</summary>
internal sealed class ReduceLogSumExp : ReductionOperator
{
    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        var largest = double.NegativeInfinity;
        foreach (var element in elements)
            largest = Math.Max(largest, element);
        if (double.IsInfinity(largest))
            return largest;
        double sum = 0;
        foreach (var element in elements)
            sum += Math.Exp(element - largest);
        return largest + Math.Log(sum);
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        ReducesNothing(node) ? Curvature.PiecewiseLinear : Curvature.Curved;

    /// <summary>dy = Σ exp(x - y) dx. No exponent is positive.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (x, y, t) = (new Expr(b, node.Inputs[0]!), new Expr(b, WithKeptAxes(b, node, node.Output)), new Expr(b, tangent));
        return [SumLike(b, node, (x - y).Through<Exp>() * t)];
    }
}
