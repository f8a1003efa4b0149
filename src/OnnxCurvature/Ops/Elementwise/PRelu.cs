using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x where x &gt; 0, else slope · x. The slope at 0 is the given one.</summary>
internal sealed class PRelu : BinaryElementwise
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) =>
        node.Inputs[input]!.Type.Rank > 0 ? ConstantRole.Weight : base.RoleOf(node, input);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a > 0 ? a : b * a;

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? Curvature.Curved
        : active[0] ? Curvature.PiecewiseLinear
        : Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var x = new Expr(b, node.Inputs[0]!);
        return
        [
            Sum(
                b,
                node,
                dx[0] is { } tangent ? Mul.Of(b, tangent, Expr.Select(x > 0, x.Number(1), x.With(node.Inputs[1]!))) : null,
                dx[1] is { } slope ? Mul.Of(b, slope, NegativePart(x)) : null
            ),
        ];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input == 1 ? Mul.Of(b, cy[0]!, NegativePart(new Expr(b, node.Inputs[0]!))) : base.Transpose(b, node, input, cy);

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        [Chosen(b, call.Required(0), call.Required(1))];

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call) => InFloat64(b, call, []);

    /// <summary>Files repeat the slope only: they take the output for one of x's shape.</summary>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) =>
        node.Output.Type.Shape == node.Inputs[0]!.Type.Shape ? null : [Chosen(b, node.Inputs[0]!, node.Inputs[1]!)];

    private static Value Chosen(GraphBuilder b, Value input, Value slope)
    {
        var x = new Expr(b, input);
        return Expr.Select(x > 0, x, x.With(slope) * x);
    }

    /// <summary>Before opset 7 the slope had one element for each channel, that is, along axis 1.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var (x, slope) = (call.Required(0), call.Required(1));
        call = call with { Attributes = call.Attributes.Without("consumed_inputs") };
        return opset >= 7 || slope.Type.Shape.Elements.IsOne
            ? call
            : call.WithInputs(
                x,
                Reshape.To(b, slope, [slope.Type.Shape.Elements, .. Enumerable.Repeat<Dim>(1, Math.Max(0, x.Type.Rank - 2))])
            );
    }

    /// <summary>min(x, 0), by an operator that all runtimes have.</summary>
    private static Expr NegativePart(Expr x) => -(-x).Through<Relu>();
}
