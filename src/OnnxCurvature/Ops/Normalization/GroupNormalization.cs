using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// x [N, C, *spatial] standardized within each of <c>num_groups</c> groups of channels, then scale * x + bias for each channel.
/// </summary>
internal sealed class GroupNormalization : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var shape = x.Type.Shape;
        var groups = call.Attributes.Int("num_groups", 1);
        var ofGroup =
            shape.Product(1, shape.Rank).DividedBy(groups)
            ?? throw new UnsupportedOperatorException($"the channels of {shape} cannot be split into {groups} groups.");
        var grouped = new Expr(b, Reshape.To(b, x, [shape[0], groups, ofGroup]));
        var normal = grouped.With(Reshape.To(b, Standardization.Of(grouped, [2], call.Attributes.Float("epsilon", 1e-5)), shape));
        return
        [
            normal * grouped.With(ChannelVectors.Along(b, call.Required(1), shape.Rank))
                + grouped.With(ChannelVectors.Along(b, call.Required(2), shape.Rank)),
        ];
    }

    /// <summary>Before opset 21 scale and bias have an entry for each group.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 21)
            return call;
        var groups = call.Attributes.Int("num_groups", 1);
        var channels = call.Required(0).Type.Shape[1];
        var ofGroup =
            channels.DividedBy(groups)
            ?? throw new UnsupportedOperatorException($"{channels} channels cannot be split into {groups} groups.");
        return call.WithInputs(call.Input(0), ForChannels(call.Required(1)), ForChannels(call.Required(2)));

        Value ForChannels(Value vector) => Reshape.To(b, Expand.Of(b, Reshape.To(b, vector, [groups, 1]), [groups, ofGroup]), [channels]);
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 21;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);
}
