using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// A convolution of quantized tensors, quantized. Piecewise constant in all scales. Inputs: x and its scale and zero point, w and its scale
/// and zero point (one, or one for each output channel), the scale and the zero point of the result, and an int32 bias in units of both
/// scales.
/// </summary>
internal sealed class QLinearConv : CompositeOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Formula;

    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <summary>In double precision, which holds the sums of products of integers exactly.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, w) = (call.Required(0), call.Required(3));
        var rank = x.Type.Rank;
        var centered = Scales.Centered(b, x, Scales.Vector(b, call.Required(2), rank, 1), ElementType.Float64);
        var filters = Scales.Centered(b, w, Scales.Vector(b, call.Required(5), rank, 0), ElementType.Float64);
        var bias = call.Input(8) is { } given ? Cast.Of(b, given, ElementType.Float64) : null;
        var sum = new Expr(b, Catalogue.Get<Conv>().Apply(b, [centered, filters, bias], call.Attributes).Output);
        var y = sum * Scale(1) * Scale(4) / Scale(6);
        return [Scales.Saturated(y, Scales.Vector(b, call.Required(7), rank, 1), call.Required(7).Type.Element)];

        Expr Scale(int input) => new(b, Cast.Of(b, Scales.Vector(b, call.Required(input), rank, 1), ElementType.Float64));
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = Catalogue.Get<Conv>().FromOpset(b, call.WithInputs(call.Required(0), call.Required(3)), opset).Attributes,
        };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[3]!.Type.Shape.Product(1, node.Output.Type.Rank));
}
