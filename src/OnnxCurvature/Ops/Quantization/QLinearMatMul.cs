using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// The product of two quantized matrices, quantized. Piecewise constant in all scales. Inputs: a and its scale and zero point, b and its
/// scale and zero point, the scale and the zero point of the product.
/// </summary>
internal sealed class QLinearMatMul : CompositeOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Formula;

    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>In double precision, which holds the products of integers exactly.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (left, right) = (call.Required(0), call.Required(3));
        var product = new Expr(b, MatMul.Of(b, Centered(left, 2, left.Type.Rank - 2), Centered(right, 5, right.Type.Rank - 1)));
        var rank = product.Value.Type.Rank;
        var y = product * Scale(1, rank - 2) * Scale(4, rank - 1) / Scale(6, rank - 2);
        return [Scales.Saturated(y, Scales.Vector(b, call.Required(7), rank, rank - 2), call.Required(7).Type.Element)];

        Expr Centered(Value x, int zero, int axis) =>
            Scales.Centered(b, x, Scales.Vector(b, call.Required(zero), x.Type.Rank, axis), ElementType.Float64);

        Expr Scale(int input, int axis) => new(b, Cast.Of(b, Scales.Vector(b, call.Required(input), rank, axis), ElementType.Float64));
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[^1]);
}
