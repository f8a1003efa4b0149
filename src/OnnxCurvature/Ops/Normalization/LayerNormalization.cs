using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// y = scale (x - mean) / √(variance + ε) + bias, with mean and variance over all axes from <c>axis</c> (default -1) on. Further
/// outputs: the mean, and the inverse of the deviation.
/// </summary>
internal sealed class LayerNormalization : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var rank = x.Value.Type.Rank;
        var first = Axes.Normalize(call.Attributes.Int("axis", -1), rank);
        var axes = Enumerable.Range(first, rank - first).Select(axis => (long)axis).ToArray();
        var mean = x.With(ReduceMean.Of(b, x, axes, keepDims: true));
        var centred = x - mean;
        var variance = x.With(ReduceMean.Of(b, centred * centred, axes, keepDims: true));
        var inverse = (variance + call.Attributes.Float("epsilon", 1e-5)).Through<Sqrt>().Through<Reciprocal>();
        var y = centred * inverse * x.With(call.Required(1));
        if (call.Input(2) is { } bias)
            y += x.With(bias);
        // The statistics are given out in the type in which they are computed.
        var stash = (ElementType)call.Attributes.Int("stash_type", (long)ElementType.Float32);
        return [.. new Value[] { y, Cast.Of(b, mean, stash), Cast.Of(b, inverse, stash) }.Take(call.OutputCount)];
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 17;

    /// <inheritdoc/>
    public override ConstantUse ConstantUseOf(int input) => input > 0 ? ConstantUse.Parameter : ConstantUse.Operand;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);

    /// <summary>The type of statistics matters where they are given out.</summary>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        outputs > 1 ? attributes.WithDefault("stash_type", (long)ElementType.Float32) : attributes;
}
