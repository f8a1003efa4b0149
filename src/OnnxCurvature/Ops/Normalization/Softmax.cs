using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>y = exp(x) / Σ exp(x) along an axis.</summary>
internal sealed class Softmax : AxisNormalization
{
    /// <summary>The operator along one axis of a value.</summary>
    public static Value Of(GraphBuilder b, Value x, int axis) =>
        Catalogue.Get<Softmax>().Apply(b, [x], Attributes.Empty.With("axis", (long)axis)).Output;

    /// <summary>
    /// 1 where a probability is above one half, else 0. Of such an entry 1 − p cancels; the sum of all other probabilities does not,
    /// and is the same number.
    /// </summary>
    public static Expr Dominant(Expr p) => p.GreaterThan(0.5);

    /// <summary>
    /// 1 − p along an axis of probabilities, right to the last digits where p is near 1. Its derivative along changes of p that sum up
    /// to zero is that of 1 − p.
    /// </summary>
    public static Expr Complement(Expr p, int axis)
    {
        var isDominant = p > 0.5;
        var others = Expr.Select(isDominant, p.Number(0), p);
        return Expr.Select(isDominant, p.With(ReduceSum.Of(p.Builder, others, [axis], keepDims: true)), 1 - p);
    }

    /// <inheritdoc/>
    protected override void Normalize(Span<double> elements)
    {
        var largest = double.NegativeInfinity;
        foreach (var element in elements)
            largest = Math.Max(largest, element);
        double sum = 0;
        foreach (ref var element in elements)
            sum += element = Math.Exp(element - largest);
        foreach (ref var element in elements)
            element /= sum;
    }

    /// <summary>
    /// exp(x - max) / Σ exp(x - max). The CUDA provider's float64 kernel is only as exact as float32 (1e-8 with ONNX Runtime 1.29).
    /// </summary>
    public override ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var x = new Expr(b, call.Required(0));
        long[] axes = [Axes.Normalize(call.Attributes.Int("axis", -1), x.Value.Type.Rank)];
        var exponentials = (x - x.With(ReduceMax.Of(b, x, axes, keepDims: true))).Through<Exp>();
        return [exponentials / x.With(ReduceSum.Of(b, exponentials, axes, keepDims: true))];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <summary>dy = y (dx - Σ y dx).</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx[0] is not { } tangent)
            return [null];
        var (y, t) = (new Expr(b, node.Output), new Expr(b, tangent));
        return [y * (t - t.With(ReduceSum.Of(b, y * t, [Axis(node)], keepDims: true)))];
    }

    /// <inheritdoc/>
    public override int? ClassAxisOf(Node node) => Axes.Normalize(node.Attributes.Int("axis", -1), node.Output.Type.Rank);
}
