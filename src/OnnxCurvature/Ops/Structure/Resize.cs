using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// x sampled anew along some axes. Linear and separable: along each axis a product with the matrix of the interpolation's weights, or for the
/// nearest neighbour a Gather. Inputs: x, a region that is not used, factors, or sizes instead.
/// </summary>
public sealed class Resize : CompositeOperator
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var shape = x.Shape;
        foreach (var (axis, scale, size) in Targets(call))
            shape = shape.With(axis, size ?? Scaled(x.Shape[axis], scale));
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var y = call.Required(0);
        foreach (var (axis, given, size) in Targets(call))
        {
            var from = y.Type.Shape[axis];
            if (size is { } same ? same == from : given == 1)
                continue;
            var length = from.Known ?? throw new UnsupportedOperatorException($"the size {from} of an axis that Resize changes is not known; give the sizes of symbolic dimensions.");
            var count = (size ?? Scaled(from, given)).Known ?? throw new UnsupportedOperatorException($"the size {size} to which Resize changes an axis is not known; give the sizes of symbolic dimensions.");
            var samples = new ResizeAxis(call.Attributes, length, count, size is null ? given : (double)count / length);
            y = call.Attributes.Text("mode", "nearest") == "nearest"
                ? Gather.Of(b, y, b.Vector(samples.Nearest()), axis)
                : TransposeAxes.Move(b, MatMul.Of(b, TransposeAxes.Move(b, y, axis, y.Type.Rank - 1), b.Constant(samples.Weights(y.Type.Element))), y.Type.Rank - 1, axis);
        }
        return [y == call.Required(0) ? Catalogue.Get<Identity>().Apply(b, [y]).Output : y];
    }

    /// <summary>Opset 10 knows only factors, and samples without a shift.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => opset >= 11
        ? call
        : call.WithInputs(call.Input(0), null, call.Input(1)) with
        {
            Attributes = call.Attributes.With("coordinate_transformation_mode", "asymmetric").With("nearest_mode", "floor"),
        };

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Attributes.Text("coordinate_transformation_mode", "") == "half_pixel_symmetric" ? 19
        : node.Attributes.Has("axes") || node.Attributes.Has("antialias") || node.Attributes.Has("keep_aspect_ratio_policy") ? 18 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);

    /// <summary>For each axis its factor, or the size that is asked for.</summary>
    private static IEnumerable<(int Axis, double Scale, Dim? Size)> Targets(OperatorCall call)
    {
        if (call.Attributes.Text("keep_aspect_ratio_policy", "stretch") != "stretch" || call.Attributes.Int("antialias", 0) != 0)
            throw new UnsupportedOperatorException("Resize that keeps the aspect ratio or prevents aliasing is not supported.");
        var rank = call.Required(0).Type.Rank;
        var axes = call.Attributes.Ints("axes") is { } given ? given.Select(axis => Axes.Normalize(axis, rank)).ToArray() : [.. Enumerable.Range(0, rank)];
        if (call.Input(2) is { } scales && scales.Type.Shape != [0])
        {
            var factors = (KnownTensor.Of(scales) ?? throw new UnsupportedOperatorException("the factors of Resize are computed at run time, and only constants are supported there.")).Floats;
            return axes.Select((axis, index) => (axis, factors[index], (Dim?)null));
        }
        var sizes = call.Sizes(3) ?? throw new UnsupportedOperatorException("Resize lacks factors and sizes.");
        return axes.Select((axis, index) => (axis, 0.0, (Dim?)sizes[index]));
    }

    private static Dim Scaled(Dim dim, double scale) => scale == Math.Floor(scale)
        ? dim * (long)scale
        : dim.Map(size => (long)Math.Floor(size * scale), string.Create(CultureInfo.InvariantCulture, $"floor({{0}}*{scale:R})"));
}
