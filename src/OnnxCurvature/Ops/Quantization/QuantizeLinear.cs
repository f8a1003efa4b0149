using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// x / scale rounded to an integer, plus a zero point, cut to the range of its type. Piecewise constant. Inputs: x, scale, zero point;
/// without one the type is <c>output_dtype</c>, uint8 by default.
/// </summary>
internal sealed class QuantizeLinear : CompositeOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? base.RoleOf(node, input) : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type with { Element = Result(call) }];

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var shape = x.Value.Type.Shape;
        var ratio = x / x.With(Cast.Of(b, Scales.Along(b, call.Required(1), shape, call.Attributes), x.Value.Type.Element));
        return [Scales.Saturated(ratio, call.Input(2) is { } zero ? Scales.Along(b, zero, shape, call.Attributes) : null, Result(call))];
    }

    /// <summary>The type is that of a zero point wherever it is not uint8, so that every opset can say it.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var type = (ElementType)call.Attributes.Int("output_dtype", 0);
        call = call with { Attributes = call.Attributes.Without("output_dtype", "saturate", "precision") };
        if (call.Input(2) is not null || type is ElementType.Undefined or ElementType.UInt8)
            return call;
        var scale = call.Required(1).Type.Shape;
        return scale.IsKnown
            ? call.WithInputs(call.Input(0), call.Input(1), b.Constant(Tensor.Filled(type, scale.Sizes, 0)))
            : throw new UnsupportedOperatorException(
                $"the shape {scale} of a scale of QuantizeLinear is not known; give the sizes of symbolic dimensions."
            );
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => DequantizeLinear.MinimumOpset(node, node.Output.Type.Element);

    private static ElementType Result(OperatorCall call) => call.Input(2)?.Type.Element ?? ElementType.UInt8;

    /// <inheritdoc/>
    public override bool Quantizes => true;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
