using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>
/// (Σ |x|ᵖ)^(1/p) over each window of x [N, C, *spatial], with <c>p</c> = 2 by default. The sum is a convolution of each channel with a
/// kernel of ones. Canonical attributes as for <see cref="MaxPool"/>.
/// </summary>
internal sealed class LpPool : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [Window.Pooled(call.Required(0).Type, call.Attributes, Kernel(call.Attributes))];

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var (shape, spatial, p) = (x.Type.Shape, x.Type.Shape.Range(2, x.Type.Rank), call.Attributes.Int("p", 2));
        if (!spatial.IsKnown || shape[1].Known is not { } channels)
            throw new UnsupportedOperatorException(
                $"the derivative of LpPool needs the channels and spatial sizes of {shape}; give the sizes of symbolic dimensions."
            );
        var window = Window.Of(call.Attributes, Kernel(call.Attributes), spatial);
        var outputs = window.Outputs(spatial);
        // A last window that overhangs needs more padding than the attributes say.
        window = window with
        {
            RoundsUp = false,
            Ends =
            [
                .. outputs.Select(
                    (dim, axis) => (dim.Factor - 1) * window.Strides[axis] + window.Span(axis) - window.Begins[axis] - spatial[axis].Factor
                ),
            ],
        };
        var ones = b.Constant(Tensor.Filled(x.Type.Element, [channels, 1, .. window.Kernel], 1));
        var powers = new Expr(b, Conv.Of(b, PowerNorm.Powers(new Expr(b, x), p), ones, window, channels, outputs));
        return [PowerNorm.Root(powers, p)];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var x = call.Required(0).Type.Shape;
        return call with { Attributes = Window.Canonical(call.Attributes, Kernel(call.Attributes), x.Range(2, x.Rank)) };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) is var call && opset < 18
            ? call with
            {
                Attributes = call.Attributes.Without("dilations", "ceil_mode"),
            }
            : call;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) =>
        (node.Attributes.Ints("dilations")?.Any(dilation => dilation != 1) ?? false) || node.Attributes.Int("ceil_mode", 0) != 0 ? 18 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * Kernel(node.Attributes).Aggregate(1.0, (product, length) => product * length);

    private static ImmutableArray<long> Kernel(Attributes attributes) =>
        attributes.Ints("kernel_shape") ?? throw new UnsupportedOperatorException("LpPool lacks its attribute kernel_shape.");
}
