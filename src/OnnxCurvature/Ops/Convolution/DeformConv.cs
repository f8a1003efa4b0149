using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Sampling;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// A convolution of images x [N, C, H, W] whose windows take their entries at places moved by offsets [N, 2 K * groups of offsets, h, w]
/// (first down, then right), between pixels by linear interpolation, zero outside, and times a mask. Multilinear in x, w, the mask and b;
/// piecewise polynomial in the offsets. Inputs: x, w [O, C/G, *kernel], offsets, b [O], mask [N, K * groups of offsets, h, w].
/// </summary>
internal sealed class DeformConv : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, w, offsets) = (call.Required(0).Type, call.Required(1).Type.Shape, call.Required(2).Type.Shape);
        if (x.Rank < 3 || w.Rank != x.Rank || offsets.Rank != x.Rank || call.Input(4) is { } mask && mask.Type.Rank != x.Rank)
            throw new ShapeException($"the shapes {x.Shape}, {w} and {offsets} do not fit a deformable convolution");
        foreach (var name in (ReadOnlySpan<string>)["group", "offset_group"])
            if (call.Attributes.Int(name, 1) < 1)
                throw new ShapeException($"the attribute {name} of DeformConv is {call.Attributes.Int(name, 1)}, which is out of range");
        return [x with { Shape = [x.Shape[0], call.Required(1).Type.Shape[0], .. offsets.Range(2, offsets.Rank)] }];
    }

    /// <summary>The windows' entries are sampled into columns [N, G, C/G * K, P], which the weight multiplies.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, w, offsets) = (call.Required(0), call.Required(1), call.Required(2));
        var (shape, outputs) = (x.Type.Shape, Infer(call)[0].Shape.Range(2, x.Type.Rank));
        var (groups, parts) = (call.Attributes.Int("group", 1), call.Attributes.Int("offset_group", 1));
        if (
            shape.Rank != 4
            || !shape.Range(2, 4).IsKnown
            || !outputs.IsKnown
            || !w.Type.Shape.IsKnown
            || shape[1].DividedBy(parts) is not { } channels
        )
            throw new UnsupportedOperatorException(
                $"the derivative of DeformConv needs two spatial axes and the sizes of {shape} and {w.Type.Shape}; give the sizes of "
                    + $"symbolic dimensions."
            );
        var kernel = w.Type.Shape.Range(2, 4).Sizes;
        var window = Window.Of(call.Attributes, kernel, shape.Range(2, 4));
        var (entries, count) = (kernel[0] * kernel[1], outputs.Elements.Factor);
        b.Budget.TakeTensor([2, entries, count]);
        var images = Reshape.To(b, x, [shape[0] * parts, channels, .. shape.Range(2, 4)]);
        var moves = Reshape.To(b, offsets, [shape[0] * parts, entries, 2, count]);
        var at = Enumerable
            .Range(0, 2)
            .Select(axis =>
            {
                var move = Reshape.To(b, Slice.Of(b, moves, 2, axis, axis + 1), [shape[0] * parts, entries * count]);
                return new Expr(b, move) + new Expr(b, b.Constant(Regular(window, axis, kernel, outputs.Sizes, x.Type.Element)));
            })
            .ToArray();
        var sampled = new PointSampler(b, images, null).Linear(at);
        if (call.Input(4) is { } mask)
            sampled *= sampled.With(Reshape.To(b, mask, [shape[0] * parts, entries * count, 1]));
        var columns = TransposeAxes.Of(b, Reshape.To(b, sampled, [shape[0], parts, entries, count, channels]), 0, 1, 4, 2, 3);
        var rows =
            w.Type.Shape[0].DividedBy(groups)
            ?? throw new UnsupportedOperatorException($"{w.Type.Shape[0]} channels cannot be split into {groups} groups.");
        var product = MatMul.Of(
            b,
            Reshape.To(b, w, [groups, rows, w.Type.Shape.Product(1, 4)]),
            Reshape.To(b, columns, [shape[0], groups, w.Type.Shape.Product(1, 4), count])
        );
        var y = new Expr(b, Reshape.To(b, product, [shape[0], w.Type.Shape[0], .. outputs]));
        return [call.Input(3) is { } bias ? y + y.With(ChannelVectors.Along(b, bias, 4)) : y];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = Window
                .Of(
                    call.Attributes,
                    call.Required(1).Type.Shape.Range(2, call.Required(1).Type.Rank).Sizes,
                    call.Required(0).Type.Shape.Range(2, call.Required(0).Type.Rank)
                )
                .Write(call.Attributes),
        };

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 19;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[1]!.Type.Shape.Product(1, 4))
        + 16 * size(node.Inputs[2]!.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[1]);

    /// <summary>The places along an axis that the entries of each window have without offsets: [1, K * P].</summary>
    private static Tensor Regular(Window window, int axis, long[] kernel, long[] outputs, ElementType element)
    {
        var at =
            from k in Enumerable.Range(0, (int)(kernel[0] * kernel[1]))
            from p in Enumerable.Range(0, (int)(outputs[0] * outputs[1]))
            let entry = axis == 0 ? k / kernel[1] : k % kernel[1]
            let place = axis == 0 ? p / outputs[1] : p % outputs[1]
            select (double)(place * window.Strides[axis] - window.Begins[axis] + entry * window.Dilations[axis]);
        return Tensor.Of(element, [1, kernel[0] * kernel[1] * outputs[0] * outputs[1]], at.ToArray());
    }
}
