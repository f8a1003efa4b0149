using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// Batch normalization: y = (x - mean) * (scale / √(variance + epsilon)) + bias for each channel. At inference mean and variance are
/// inputs, and y is affine in x. With <c>training_mode</c> = 1 they are those of x over samples and positions, and two further outputs are
/// the running ones: momentum * input + (1 - momentum) * that of x.
/// </summary>
internal sealed class BatchNormalization : CompositeOperator
{
    /// <inheritdoc/>
    /// <remarks>Mean and variance are gathered from data, and no step of training moves them along a gradient.</remarks>
    public override ConstantRole RoleOf(Node node, int input) => input is 1 or 2 ? ConstantRole.Weight : ConstantRole.Formula;

    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var scale = Channels(1);
        var bias = Channels(2);
        var mean = Channels(3);
        var variance = Channels(4);
        var outputs = new List<Value?>();
        if (IsTraining(call.Attributes))
        {
            var momentum = call.Attributes.Float("momentum", 0.9);
            long[] all = [0, .. Enumerable.Range(2, x.Value.Type.Rank - 2).Select(axis => (long)axis)];
            var average = x.With(ReduceMean.Of(b, x, all, keepDims: true));
            var ofBatch = x.With(ReduceMean.Of(b, (x - average) * (x - average), all, keepDims: true));
            outputs.AddRange([Running(mean, average, 3), Running(variance, ofBatch, 4)]);
            (mean, variance) = (average, ofBatch);

            Value Running(Expr before, Expr here, int input) =>
                Reshape.To(b, before * momentum + here * (1 - momentum), call.Required(input).Type.Shape);
        }
        var squares = (variance + call.Attributes.Float("epsilon", 1e-5)).Through<Sqrt>();
        return [(x - mean) * (scale / squares) + bias, .. outputs.Take(call.OutputCount - 1)];

        Expr Channels(int input) => x.With(ChannelVectors.Along(b, call.Required(input), x.Value.Type.Rank));
    }

    /// <inheritdoc/>
    public override ChannelScaling? ChannelScalingOf(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (IsTraining(node.Attributes) || inputs is not [_, { } scale, { } bias, { } mean, { } variance])
            return null;
        var squares = (new Expr(b, variance) + node.Attributes.Float("epsilon", 1e-5)).Through<Sqrt>();
        return new ChannelScaling(mean, new Expr(b, scale) / squares, bias);
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset < 7 ? call.Attributes.Int("is_test", 0) == 0 : opset < 14 && call.OutputCount > 1)
            throw new UnsupportedOperatorException(
                "BatchNormalization is in the training mode of opsets before 14, which left open what it gives out; export the model "
                    + "for inference."
            );
        if (opset < 9 && call.Attributes.Int("spatial", 1) == 0)
            throw new UnsupportedOperatorException("BatchNormalization with spatial = 0 is not supported.");
        return call with
        {
            Attributes = IsTraining(call.Attributes)
                ? call.Attributes
                : call.Attributes.Without("is_test", "spatial", "consumed_inputs", "momentum", "training_mode"),
        };
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => IsTraining(node.Attributes) ? 14 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 2 * size(node.Output.Type.Shape.Elements);

    private static bool IsTraining(Attributes attributes) => attributes.Int("training_mode", 0) != 0;

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => input == 0 && !IsTraining(node.Attributes);

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;

    /// <inheritdoc/>
    public override ConstantUse ConstantUseOf(int input) => input > 0 ? ConstantUse.Parameter : ConstantUse.Operand;
}
