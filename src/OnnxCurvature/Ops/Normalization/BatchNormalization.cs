using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// Batch normalization as it is at inference, with mean and variance as inputs:
/// y = (x - mean) * (scale / √(variance + epsilon)) + bias for each channel. Affine in x.
/// </summary>
public sealed class BatchNormalization : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var (scale, bias, mean, variance) = (Channels(1), Channels(2), Channels(3), Channels(4));
        var deviation = (variance + call.Attributes.Float("epsilon", 1e-5)).Through<Sqrt>();
        return [(x - mean) * (scale / deviation) + bias];

        Expr Channels(int input) => x.With(ChannelVectors.Along(b, call.Required(input), x.Value.Type.Rank));
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset < 7 ? call.Attributes.Int("is_test", 0) == 0 : call.Attributes.Int("training_mode", 0) != 0 || (opset < 14 && call.OutputCount > 1))
            throw new UnsupportedOperatorException("BatchNormalization is in training mode, where it mixes samples and changes its statistics; export the model for inference.");
        if (opset < 9 && call.Attributes.Int("spatial", 1) == 0)
            throw new UnsupportedOperatorException("BatchNormalization with spatial = 0 is not supported.");
        return call with { Attributes = call.Attributes.Without("is_test", "spatial", "consumed_inputs", "momentum", "training_mode") };
    }

    /// <inheritdoc/>
    protected override bool HasFloat64Kernel => true;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 2 * size(node.Output.Type.Shape.Elements);
}
