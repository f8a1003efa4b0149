using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The sum of squares over axes.</summary>
internal sealed class ReduceSumSquare : ReductionOperator
{
    /// <inheritdoc/>
    protected override SampleTotal? Total => SampleTotal.Sum;

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element * element;
        return sum;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <summary>dy = Σ 2 x dx.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (x, t) = (new Expr(b, node.Inputs[0]!), new Expr(b, tangent));
        return [SumLike(b, node, 2 * x * t)];
    }
}
