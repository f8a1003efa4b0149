using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>y = x - ln Σ exp(x) along an axis.</summary>
public sealed class LogSoftmax : AxisNormalization
{
    /// <summary>The operator along one axis of a value.</summary>
    public static Value Of(GraphBuilder b, Value x, int axis) =>
        Catalogue.Get<LogSoftmax>().Apply(b, [x], Attributes.Empty.With("axis", (long)axis)).Output;

    /// <inheritdoc/>
    protected override void Normalize(Span<double> elements)
    {
        var largest = double.NegativeInfinity;
        foreach (var element in elements)
            largest = Math.Max(largest, element);
        double sum = 0;
        foreach (var element in elements)
            sum += Math.Exp(element - largest);
        var logarithm = Math.Log(sum);
        foreach (ref var element in elements)
            element = element - largest - logarithm;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <summary>dy = dx - Σ exp(y) dx.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (y, t) = (new Expr(b, node.Output), new Expr(b, tangent));
        return [t - t.With(ReduceSum.Of(b, y.Through<Exp>() * t, [Axis(node)], keepDims: true))];
    }
}
