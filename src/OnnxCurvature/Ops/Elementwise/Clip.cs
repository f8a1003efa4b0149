using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>
/// y = min(max(x, low), high) for scalar bounds, either of which may be left out. On a bound the slope in x is 1.
/// Canonical inputs: x, low, high.
/// </summary>
internal sealed class Clip : Operator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? base.RoleOf(node, input) : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var (low, high) = (Bound(inputs, 1, double.NegativeInfinity), Bound(inputs, 2, double.PositiveInfinity));
        return
        [
            x.Element.IsFloat()
                ? Tensor.Of(x.Element, x.Shape.AsSpan(), Array.ConvertAll(x.Floats, element => Math.Min(Math.Max(element, low), high)))
                : Tensor.Of(
                    x.Element,
                    x.Shape.AsSpan(),
                    Array.ConvertAll(
                        x.Integers,
                        element =>
                            element < low ? (long)low
                            : element > high ? (long)high
                            : element
                    )
                ),
        ];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseLinear;

    /// <summary>
    /// Between the bounds the tangent is that of x, outside of them that of the bound. Where the bounds do not vary it is a product with 0
    /// or 1, which takes a fraction of the time that a choice takes in ONNX Runtime, and is a mask that can be skipped at its zeros.
    /// </summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var x = node.Inputs[0]!;
        var (isBelow, isAbove) = Outside(b, node);
        if (dx.Skip(1).All(bound => bound is null))
            return [dx[0] is { } only ? Masked(b, Masked(b, only, isBelow), isAbove) : null];
        var zero = b.Scalar(x.Type.Element, 0);
        var tangent = dx[0] ?? zero;
        if (isBelow is not null)
            tangent = Where.Of(b, isBelow, dx.ElementAtOrDefault(1) ?? zero, tangent);
        if (isAbove is not null)
            tangent = Where.Of(b, isAbove, dx.ElementAtOrDefault(2) ?? zero, tangent);
        return [tangent];
    }

    /// <summary>
    /// Where x is below the lower bound, and where it is above the upper one after that; null for a bound that is left out.
    /// </summary>
    private static (Value? IsBelow, Value? IsAbove) Outside(GraphBuilder b, Node node)
    {
        var x = node.Inputs[0]!;
        var isBelow = node.Input(1) is { } low ? Less.Of(b, x, low) : null;
        var raised = node.Input(1) is { } below ? Max.Of(b, x, below) : x;
        return (isBelow, node.Input(2) is { } high ? Greater.Of(b, raised, high) : null);
    }

    /// <summary>A tangent that is zero where a condition holds.</summary>
    private static Value Masked(GraphBuilder b, Value tangent, Value? condition) =>
        condition is null
            ? tangent
            : Mul.Of(b, tangent, Sub.Of(b, b.Scalar(tangent.Type.Element, 1), Cast.Of(b, condition, tangent.Type.Element)));

    /// <summary>Bounds that differ between directions do not fit Clip's scalars; then it becomes Max and Min.</summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        if (!batched.Skip(1).Contains(true))
            return [Apply(b, inputs).Output];
        var aligned = Broadcasting.Align(b, node, inputs, batched);
        var y = aligned[0]!;
        if (aligned.ElementAtOrDefault(1) is { } low)
            y = Max.Of(b, y, low);
        if (aligned.ElementAtOrDefault(2) is { } high)
            y = Min.Of(b, y, high);
        return [Broadcasting.To(b, y, node.Output.Type.Shape.Prepend(directions))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [inputs[0].IsSeparate && inputs.Skip(1).All(bound => bound.IsNone) ? inputs[0] : SampleLayout.Coupled];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 11)
            return call;
        return call.WithInputs(call.Input(0), Bound("min"), Bound("max")) with { Attributes = Attributes.Empty };

        Value? Bound(string name) =>
            call.Attributes.Has(name) ? b.Scalar(call.Required(0).Type.Element, call.Attributes.Float(name, 0)) : null;
    }

    /// <summary>ONNX Runtime fuses Clip with a Relu before it, and fails where the bounds are of float64.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        if (call.Input(1) is not { } low)
            return null;
        var raised = Max.Of(b, call.Required(0), low);
        return [call.Input(2) is { } high ? Min.Of(b, raised, high) : raised];
    }

    private static double Bound(ImmutableArray<Tensor?> inputs, int index, double missing) =>
        inputs.Length > index && inputs[index] is { } bound ? bound.At(0) : missing;

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;
}
