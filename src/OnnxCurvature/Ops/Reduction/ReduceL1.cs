using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The sum of magnitudes over axes. The slope at 0 is 0.</summary>
internal sealed class ReduceL1 : ReductionOperator
{
    /// <inheritdoc/>
    protected override SampleTotal? Total => SampleTotal.Sum;

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += Math.Abs(element);
        return sum;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseLinear;

    /// <summary>dy = Σ sign(x) dx.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (x, t) = (new Expr(b, node.Inputs[0]!), new Expr(b, tangent));
        return [SumLike(b, node, x.Through<Sign>() * t)];
    }
}
