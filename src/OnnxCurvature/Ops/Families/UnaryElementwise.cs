using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Families;

/// <summary>y = φ(x), element by element. The author gives φ and φ'.</summary>
internal abstract class UnaryElementwise : Operator
{
    /// <summary>How y depends on x.</summary>
    protected abstract Curvature Kind { get; }

    /// <summary>φ at one element.</summary>
    protected abstract double Function(Attributes attributes, double x);

    /// <summary>φ'(x) as a program in x and y = φ(x), or null where it is zero almost everywhere.</summary>
    protected abstract Expr? Slope(Node node, Expr x, Expr y);

    /// <summary>φ(x) in float64 by other operators, where ONNX Runtime does not compute it in float64 itself; else null.</summary>
    protected virtual Expr? InFloat64(Attributes attributes, Expr x) => null;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        InFloat64(call.Attributes, new Expr(b, call.Required(0))) is { } y ? [y] : null;

    /// <summary>φ(x) in every type by operators of the lowest opset, for one that came later; else null.</summary>
    protected virtual Expr? ByOlder(Attributes attributes, Expr x) => null;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call) =>
        ByOlder(call.Attributes, new Expr(b, call.Required(0))) is { } y ? [y] : null;

    /// <summary>φ(x) of a constant by operators that importers compute of constants, where they do not compute φ; else null.</summary>
    protected virtual Expr? OfConstantData(Attributes attributes, Expr x) => null;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    ) =>
        gaps.HasFlag(EngineGaps.ConstantData)
        && call.Required(0) is var x
        && x.Type.Element.IsFloat()
        && GraphWalk.HoldsNoParameter(x)
        && OfConstantData(call.Attributes, new Expr(b, x)) is { } y
            ? [y]
            : null;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        return
        [
            x.Element.IsFloat()
                ? Tensor.Of(x.Element, x.Shape.AsSpan(), Array.ConvertAll(x.Floats, element => Function(node.Attributes, element)))
                : Tensor.Of(x.Element, x.Shape.AsSpan(), Array.ConvertAll(x.Integers, element => (long)Function(node.Attributes, element))),
        ];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => active[0] ? Kind : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        dx[0] is { } tangent && Slope(node, new Expr(b, node.Inputs[0]!), new Expr(b, node.Output)) is { } slope
            ? [Mul.Of(b, tangent, slope)]
            : [null];

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, [inputs[0]], node.Attributes).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [inputs[0]];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("consumed_inputs"),
        };

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis) => RowRule.Of(axis, 1, input, axis);
}
