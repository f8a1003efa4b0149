using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>y = x - ln Σ exp(x) along an axis.</summary>
internal sealed class LogSoftmax : AxisNormalization
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

    /// <summary>
    /// x - max - ln Σ exp(x - max), since the CUDA provider's float64 kernel is as inexact as that of <see cref="Softmax"/>.
    /// </summary>
    public override ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var x = new Expr(b, call.Required(0));
        long[] axes = [Axes.Normalize(call.Attributes.Int("axis", -1), x.Value.Type.Rank)];
        var shifted = x - x.With(ReduceMax.Of(b, x, axes, keepDims: true));
        return [shifted - x.With(ReduceSum.Of(b, shifted.Through<Exp>(), axes, keepDims: true)).Through<Log>()];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [Tangent(b, node.Output, dx[0], Axis(node))];

    /// <summary>
    /// dy = dx - Σ exp(y) dx. Before, the tangent of an entry with more than half of the probability is taken off all of them, which
    /// changes nothing but rounding: see <see cref="Softmax.Dominant"/>.
    /// </summary>
    internal static Value? Tangent(GraphBuilder b, Value y, Value? dx, int axis)
    {
        if (dx is not { } tangent)
            return null;
        var (p, t) = (new Expr(b, y).Through<Exp>(), new Expr(b, tangent));
        t -= t.With(ReduceSum.Of(b, Softmax.Dominant(p) * t, [axis], keepDims: true));
        return t - t.With(ReduceSum.Of(b, p * t, [axis], keepDims: true));
    }

    /// <inheritdoc/>
    public override int? ClassAxisOf(Node node) => Axes.Normalize(node.Attributes.Int("axis", -1), node.Output.Type.Rank);
}
