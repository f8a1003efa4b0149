using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// y = x - ln Σ exp(x) along an axis, as <see cref="LogSoftmax"/>, but right to the last digits of y also where one entry has almost all of
/// the probability, so that its y is near zero. ONNX has no such operator: programs that run and files hold <see cref="Formula"/>.
/// </summary>
internal sealed class SureLogSoftmax : AxisNormalization
{
    /// <summary>The operator along one axis of a value.</summary>
    public static Value Of(GraphBuilder b, Value x, int axis) =>
        Catalogue.Get<SureLogSoftmax>().Apply(b, [x], Attributes.Empty.With("axis", (long)axis)).Output;

    /// <inheritdoc/>
    public override string CommonName => nameof(LogSoftmax);

    /// <inheritdoc/>
    public override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public override bool HasKernel => false;

    /// <inheritdoc/>
    protected override void Normalize(Span<double> elements)
    {
        var largest = 0;
        for (var index = 1; index < elements.Length; index++)
            if (elements[index] > elements[largest])
                largest = index;
        double others = 0;
        for (var index = 0; index < elements.Length; index++)
            if (index != largest)
                others += Math.Exp(elements[index] - elements[largest]);
        // ln(1 + s) is 2 artanh(s / (2 + s)).
        var (top, logarithm) = (elements[largest], 2 * Math.Atanh(others / (2 + others)));
        foreach (ref var element in elements)
            element = element - top - logarithm;
    }

    /// <summary>x - max - ln(1 + s), where s = Σ exp(x - max) without the 1 of the largest entry; others that are as large count.</summary>
    private static Expr Formula(Expr x, int axis)
    {
        Expr Sum(Value value) => x.With(ReduceSum.Of(x.Builder, value, [axis], keepDims: true));
        var shifted = x - x.With(ReduceMax.Of(x.Builder, x, [axis], keepDims: true));
        var isLargest = Equal.Of(x.Builder, shifted, x.Number(0));
        var equals = Sum(Cast.Of(x.Builder, isLargest, x.Value.Type.Element)) - 1;
        var others = Sum(Expr.Select(isLargest, x.Number(0), shifted.Through<Exp>())) + equals;
        return shifted - ExactFunctions.LogOnePlus(others);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        [Formula(new Expr(b, call.Required(0)), Axes.Normalize(call.Attributes.Int("axis", -1), types[0].Rank))];

    /// <inheritdoc/>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) => [Formula(new Expr(b, node.Inputs[0]!), Axis(node))];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [LogSoftmax.Tangent(b, node.Output, dx[0], Axis(node))];
}
