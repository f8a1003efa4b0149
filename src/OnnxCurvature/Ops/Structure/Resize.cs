using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// x sampled anew along some axes. Linear and separable: along each axis a product with the matrix of the interpolation's weights, or for
/// the nearest neighbour a Gather. Inputs: x, the region that "tf_crop_and_resize" samples, factors, or sizes instead.
/// </summary>
internal sealed class Resize : CompositeOperator
{
    /// <summary>Coordinates that only opset 11 knows; later files hold what the operator is lowered to.</summary>
    internal const string LastInOpset11 = "tf_half_pixel_for_nn";

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input >= 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var shape = x.Shape;
        foreach (var (axis, scale, size, _, _) in Targets(call))
            shape = shape.With(axis, size ?? Scaled(x.Shape[axis], scale));
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var y = call.Required(0);
        var crops = call.Attributes.Text("coordinate_transformation_mode", "") == "tf_crop_and_resize";
        Value? inside = null;
        foreach (var (axis, given, size, start, end) in Targets(call))
        {
            var from = y.Type.Shape[axis];
            if ((size is { } same ? same == from : given == 1) && !(crops && (start != 0 || end != 1)))
                continue;
            var length =
                from.Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {from} of an axis that Resize changes is not known; give the sizes of symbolic dimensions."
                );
            var count =
                (size ?? Scaled(from, given)).Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {size} to which Resize changes an axis is not known; give the sizes of symbolic dimensions."
                );
            if (length < 1 || count is < 1 or > int.MaxValue)
                throw new UnsupportedOperatorException($"Resize makes {count} of {length} entries, which it cannot.");
            b.Budget.TakeTensor(call.Attributes.Text("mode", "nearest") == "nearest" ? [count] : [length, count]);
            var samples = new ResizeAxis(call.Attributes, length, count, given > 0 ? given : (double)count / length, start, end);
            y =
                call.Attributes.Text("mode", "nearest") == "nearest"
                    ? Gather.Of(b, y, b.Vector(samples.Nearest()), axis)
                    : TransposeAxes.Move(
                        b,
                        MatMul.Of(b, TransposeAxes.Move(b, y, axis, y.Type.Rank - 1), b.Constant(samples.Weights(y.Type.Element))),
                        y.Type.Rank - 1,
                        axis
                    );
            if (samples.Inside() is { } mask)
            {
                var along = b.Constant(Tensor.Of(y.Type.Element, [count, .. Enumerable.Repeat(1L, y.Type.Rank - 1 - axis)], mask));
                inside = inside is null ? along : Mul.Of(b, inside, along);
            }
        }
        if (inside is not null)
            y = y.Type.Element.IsFloat()
                ? Extrapolated(new Expr(b, y), inside, call.Attributes.Float("extrapolation_value", 0))
                : throw new UnsupportedOperatorException("Resize cannot extrapolate integers.");
        return [y == call.Required(0) ? Catalogue.Get<Identity>().Apply(b, [y]).Output : y];
    }

    /// <summary>Opset 11 wants a region and factors also where they are not used, and takes empty ones.</summary>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        if (opset >= 13)
            return call;
        Value Empty() => b.Constant(Tensor.Of(ElementType.Float32, [0], Array.Empty<double>()));
        return call with { Inputs = [.. call.Inputs.Select((input, index) => input ?? (index is 1 or 2 ? Empty() : null))] };
    }

    /// <summary>Opset 10 knows only factors, and samples without a shift.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (call.Attributes.Text("coordinate_transformation_mode", "") == LastInOpset11)
            RequireSizes(call);
        return opset >= 11
            ? call
            : call.WithInputs(call.Input(0), null, call.Input(1)) with
            {
                Attributes = call.Attributes.With("coordinate_transformation_mode", "asymmetric").With("nearest_mode", "floor"),
            };
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) =>
        node.Attributes.Text("coordinate_transformation_mode", "") == LastInOpset11
            ? [.. Lower(b, new OperatorCall(Name, Domain, node.Inputs, node.Attributes, 1))!]
            : null;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) =>
        node.Attributes.Text("coordinate_transformation_mode", "") == "half_pixel_symmetric" ? 19
        : node.Attributes.Has("axes") || node.Attributes.Has("antialias") || node.Attributes.Has("keep_aspect_ratio_policy") ? 18
        : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);

    /// <summary>Forms that no opset has are written as what it is lowered to, and only where that is known.</summary>
    private void RequireSizes(OperatorCall call)
    {
        if (!Infer(call)[0].Shape.IsKnown || !call.Required(0).Type.Shape.IsKnown)
            throw new UnsupportedOperatorException(
                $"the coordinates '{LastInOpset11}' of Resize, which opsets after 11 do not have, need known sizes; give the sizes of "
                    + $"symbolic dimensions."
            );
    }

    private static Value Extrapolated(Expr y, Value inside, double value) =>
        value == 0 ? y * y.With(inside) : y * y.With(inside) + value * (1 - y.With(inside));

    /// <summary>For each axis its factor, or the size that is asked for, or both where the aspect ratio is kept; and the region.</summary>
    private static IEnumerable<(int Axis, double Scale, Dim? Size, double Start, double End)> Targets(OperatorCall call)
    {
        var x = call.Required(0).Type;
        var axes = call.Attributes.Ints("axes") is { } given
            ? given.Select(axis => Axes.Normalize(axis, x.Rank)).ToArray()
            : [.. Enumerable.Range(0, x.Rank)];
        var region =
            call.Attributes.Text("coordinate_transformation_mode", "") == "tf_crop_and_resize"
                ? Numbers(call, 1, "region", 2 * axes.Length)
                : [.. axes.Select(_ => 0.0), .. axes.Select(_ => 1.0)];
        if (call.Input(2) is { } scales && scales.Type.Shape != [0])
        {
            var factors = Numbers(call, 2, "factors", axes.Length);
            return axes.Select((axis, index) => (axis, factors[index], (Dim?)null, region[index], region[axes.Length + index]));
        }
        var sizes = call.Sizes(3) ?? throw new UnsupportedOperatorException("Resize lacks factors and sizes.");
        if (sizes.Length != axes.Length)
            throw new UnsupportedOperatorException($"Resize has {sizes.Length} sizes for {axes.Length} axes.");
        var policy = call.Attributes.Text("keep_aspect_ratio_policy", "stretch");
        if (policy == "stretch")
            return axes.Select((axis, index) => (axis, 0.0, (Dim?)sizes[index], region[index], region[axes.Length + index]));
        if (axes.Any(axis => !x.Shape[axis].IsKnown) || sizes.Any(size => !size.IsKnown))
            throw new UnsupportedOperatorException(
                $"Resize keeps the aspect ratio of {x.Shape}, of which not all sizes are known; give the sizes of symbolic dimensions."
            );
        var ratios = axes.Select((axis, index) => (double)sizes[index].Factor / x.Shape[axis].Factor);
        var scale =
            policy == "not_larger" ? ratios.Min()
            : policy == "not_smaller" ? ratios.Max()
            : throw new UnsupportedOperatorException($"Resize knows no policy '{policy}'.");
        return axes.Select(
            (axis, index) =>
                (axis, scale, (Dim?)(long)Math.Floor(scale * x.Shape[axis].Factor + 0.5), region[index], region[axes.Length + index])
        );
    }

    private static double[] Numbers(OperatorCall call, int input, string what, int count)
    {
        var known = KnownTensor.Required(
            call.Required(input),
            $"the {what} of Resize are computed at run time, and only constants are supported there."
        );
        var numbers = Enumerable.Range(0, known.Count).Select(known.At).ToArray();
        return numbers.Length == count && numbers.All(double.IsFinite) && (input != 2 || numbers.All(number => number > 0))
            ? numbers
            : throw new UnsupportedOperatorException($"the {what} of Resize are not {count} numbers, or are out of range.");
    }

    private static Dim Scaled(Dim dim, double scale) =>
        scale == Math.Floor(scale)
            ? dim * (long)scale
            : dim.Map(size => (long)Math.Floor(size * scale), string.Create(CultureInfo.InvariantCulture, $"floor({{0}}*{scale:R})"));
}
