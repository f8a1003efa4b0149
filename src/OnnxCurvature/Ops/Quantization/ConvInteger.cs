using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// A convolution of 8-bit integers less their zero points, in int32. Inputs: x, w, and a zero point of each; that of w may be one for each
/// output channel.
/// </summary>
internal sealed class ConvInteger : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <summary>In double precision, which holds all sums of products of 8-bit integers exactly.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, w) = (call.Required(0), call.Required(1));
        var zeroOfWeight = call.Input(3) is { } zero ? Scales.Vector(b, zero, w.Type.Rank, 0) : null;
        var y = Catalogue
            .Get<Conv>()
            .Apply(
                b,
                [Scales.Centered(b, x, call.Input(2), ElementType.Float64), Scales.Centered(b, w, zeroOfWeight, ElementType.Float64)],
                call.Attributes
            );
        return [Cast.Of(b, y.Output, ElementType.Int32)];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = Catalogue.Get<Conv>().FromOpset(b, call, opset).Attributes,
        };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[1]!.Type.Shape.Product(1, node.Output.Type.Rank));
}
