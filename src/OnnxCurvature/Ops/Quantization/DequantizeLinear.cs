using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// (x - zero point) scale, for integers x: linear in the scale. The scale is a scalar, a vector along <c>axis</c> (default 1), or one for
/// each <c>block_size</c> entries along it. Inputs: x, scale, zero point.
/// </summary>
internal sealed class DequantizeLinear : CompositeOperator
{
    /// <summary>The output of a call, by other operators; x may be numbers that are whole, too.</summary>
    internal Value Of(GraphBuilder b, OperatorCall call) => Lower(b, call)[0]!;

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Formula;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, scale) = (call.Required(0), call.Required(1));
        var zero = call.Input(2) is { } point ? Scales.Along(b, point, x.Type.Shape, call.Attributes) : null;
        var centered = Scales.Centered(b, x, zero, scale.Type.Element);
        return [centered * centered.With(Scales.Along(b, scale, x.Type.Shape, call.Attributes))];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("output_dtype"),
        };

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => MinimumOpset(node, node.Inputs[0]!.Type.Element);

    /// <summary>The lowest opset that quantizes to or from a type, or in blocks.</summary>
    internal static int MinimumOpset(Node node, ElementType quantized) =>
        quantized is ElementType.Int16 or ElementType.UInt16 || node.Attributes.Int("block_size", 0) != 0 ? 21 : 13;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? OnLoadStraightThrough(GraphBuilder b, OperatorCall call) =>
        StraightThrough.Dequantize(b, call) is { } y ? [y] : null;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
