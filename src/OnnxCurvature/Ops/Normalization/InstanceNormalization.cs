using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// x [N, C, *spatial] with the mean over its spatial axes taken off and divided by the deviation, then scale * x + bias for each channel.
/// </summary>
internal sealed class InstanceNormalization : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var rank = x.Value.Type.Rank;
        var normal = Standardization.Of(x, Enumerable.Range(2, rank - 2), call.Attributes.Float("epsilon", 1e-5));
        return [normal * x.With(ChannelVectors.Along(b, call.Required(1), rank)) + x.With(ChannelVectors.Along(b, call.Required(2), rank))];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("consumed_inputs"),
        };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);
}
