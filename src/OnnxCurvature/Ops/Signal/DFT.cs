using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Signal;

/// <summary>
/// The discrete Fourier transform of x [..., 1 or 2] along an axis, or the inverse one, or of real x only the half that determines the
/// other (<c>onesided</c>), or the real inverse of such a half. Linear; in derivatives a product with a matrix. Inputs: x, length, axis
/// (default -2).
/// </summary>
internal sealed class DFT : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var axis = Axes.Normalize(call.ConstantIntegers(2)?[0] ?? -2, x.Type.Rank);
        var (inverse, onesided) = (call.Attributes.Int("inverse", 0) != 0, call.Attributes.Int("onesided", 0) != 0);
        var isHalf = inverse && onesided;
        var length =
            call.ConstantIntegers(1)?[0]
            ?? x.Type.Shape[axis].Known switch
            {
                { } size => isHalf ? 2 * (size - 1) : size,
                null => throw new UnsupportedOperatorException(
                    $"the length {x.Type.Shape[axis]} of a Fourier transform is not known; give the sizes of symbolic dimensions."
                ),
            };
        if (axis == x.Type.Rank - 1 || (onesided && !inverse && !x.Type.Shape[^1].IsOne))
            throw new UnsupportedOperatorException(
                "a Fourier transform takes an axis before that of real and imaginary part, and is one-sided only for real numbers."
            );
        var moved = TransposeAxes.Move(b, x, axis, x.Type.Rank - 2);
        var y = FourierMatrix.Apply(b, moved, length, onesided && !inverse ? length / 2 + 1 : length, isHalf ? 1 : 2, inverse, isHalf);
        return [TransposeAxes.Move(b, y, x.Type.Rank - 2, axis)];
    }

    /// <summary>Before opset 20 the axis was an attribute, 1 by default.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 20
            ? call
            : call.WithInputs(
                call.Input(0),
                call.Input(1),
                b.Constant(Tensor.Scalar(ElementType.Int64, call.Attributes.Int("axis", 1)))
            ) with
            {
                Attributes = call.Attributes.Without("axis"),
            };

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        if (opset >= 20)
            return call;
        var axis = Axes.Normalize(call.ConstantIntegers(2)?[0] ?? -2, node.Inputs[0]!.Type.Rank);
        return call.WithInputs(call.Input(0), call.Input(1)) with { Attributes = call.Attributes.With("axis", (long)axis) };
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) =>
        node.Attributes.Int("inverse", 0) != 0 && node.Attributes.Int("onesided", 0) != 0 ? 20 : 17;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        10 * size(node.Output.Type.Shape.Elements) * Math.Log2(1 + size(node.Output.Type.Shape.Elements));
}
