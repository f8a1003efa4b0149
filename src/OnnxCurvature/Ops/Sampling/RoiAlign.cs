using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Sampling;

/// <summary>
/// Regions [R, 4] (left, top, right, bottom) of images x [N, C, H, W], each divided into bins in which pixels are sampled by linear
/// interpolation and averaged, or of which the greatest weighted pixel is taken: [R, C, h, w]. The weights of rows and columns are matrices
/// by which each image is multiplied from both sides. Linear (avg) or piecewise linear (max) in x, piecewise polynomial in the regions.
/// </summary>
internal sealed class RoiAlign : CompositeOperator
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        if (x.Rank != 4 || call.Required(1).Type.Rank != 2 || call.Required(2).Type.Rank != 1)
            throw new ShapeException(
                $"RoiAlign takes images [N, C, H, W], regions [R, 4] and indices [R], and has {x.Shape}, {call.Required(1).Type.Shape} "
                    + $"and {call.Required(2).Type.Shape}"
            );
        foreach (var name in (ReadOnlySpan<string>)["output_height", "output_width", "sampling_ratio"])
            if (call.Attributes.Int(name, 1) is < 0 or > int.MaxValue || name != "sampling_ratio" && call.Attributes.Int(name, 1) == 0)
                throw new ShapeException($"the attribute {name} of RoiAlign is {call.Attributes.Int(name, 1)}, which is out of range");
        return
        [
            x with
            {
                Shape =
                [
                    call.Required(1).Type.Shape[0],
                    x.Shape[1],
                    call.Attributes.Int("output_height", 1),
                    call.Attributes.Int("output_width", 1),
                ],
            },
        ];
    }

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var samples = call.Attributes.Int("sampling_ratio", 0);
        if (!x.Type.Shape.Range(2, 4).IsKnown || samples <= 0)
            throw new UnsupportedOperatorException(
                $"the derivative of RoiAlign needs the spatial sizes of {x.Type.Shape} and a sampling_ratio of 1 or more."
            );
        var images = Gather.Of(b, x, call.Required(2), 0);
        var (rows, columns) = (Corners(b, call, 0, samples), Corners(b, call, 1, samples));
        if (call.Attributes.Text("mode", "avg") == "avg")
            return [Product(Mean(rows), Mean(columns))];
        Value? greatest = null;
        foreach (var row in rows)
        foreach (var column in columns)
            greatest = greatest is null ? Product(row, column) : Max.Of(b, greatest, Product(row, column));
        var shape = Infer(call)[0].Shape;
        var bins = Reshape.To(b, greatest!, [shape[0], shape[1], shape[2], samples, shape[3], samples]);
        return [Catalogue.Get<ReduceMax>().Apply(b, [bins], Attributes.Empty.With("axes", [3L, 5L]).With("keepdims", 0L)).Output];

        // rows [R, h, H] · images [R, C, H, W] · columns [R, w, W]ᵀ.
        Value Product(Value left, Value right) =>
            MatMul.Of(b, MatMul.Of(b, Reshape.InsertAxis(b, left, 1), images), TransposeAxes.Last(b, Reshape.InsertAxis(b, right, 1)));

        Value Mean(IEnumerable<Value> corners)
        {
            var sum = corners.Aggregate((one, other) => Add.Of(b, one, other));
            var shape = sum.Type.Shape;
            return ReduceMean.Of(b, Reshape.To(b, sum, [shape[0], shape[1].Factor / samples, samples, shape[2]]), [2], keepDims: false);
        }
    }

    /// <summary>Before opset 16 regions were not shifted by half a pixel.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 16 ? call : call with { Attributes = call.Attributes.With("coordinate_transformation_mode", "output_half_pixel") };

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) is var call && opset < 16
            ? call with
            {
                Attributes = call.Attributes.Without("coordinate_transformation_mode"),
            }
            : call;

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => IsShifted(node.Attributes) ? 16 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size)
    {
        var samples = Math.Max(1, node.Attributes.Int("sampling_ratio", 0));
        return 8.0 * samples * samples * size(node.Output.Type.Shape.Elements);
    }

    private static bool IsShifted(Attributes attributes) => attributes.Text("coordinate_transformation_mode", "half_pixel") == "half_pixel";

    /// <summary>
    /// Along an axis, the weights of the pixel before each sample and of the one after it: two matrices [R, bins * samples, size]. A sample
    /// within one pixel of the image takes the pixel on the edge, one further out has weights of zero.
    /// </summary>
    private static Value[] Corners(GraphBuilder b, OperatorCall call, int axis, long samples)
    {
        var regions = call.Required(1);
        var (size, scale, shifted) = (
            call.Required(0).Type.Shape[axis + 2].Factor,
            call.Attributes.Float("spatial_scale", 1),
            IsShifted(call.Attributes)
        );
        var bins = call.Attributes.Int(axis == 0 ? "output_height" : "output_width", 1);
        var (start, end) = (Edge(1 - axis), Edge(3 - axis));
        var extent = end - start;
        if (!shifted)
            extent = extent.With(Max.Of(b, extent, extent.Number(1)));
        b.Budget.TakeTensor([bins, samples]);
        var steps = b.Constant(
            Tensor.Of(
                regions.Type.Element,
                [1, bins * samples],
                [.. Enumerable.Range(0, (int)(bins * samples)).Select(i => (i + 0.5) / samples / bins)]
            )
        );
        var at = start + extent * start.With(steps);
        var within = And.Of(b, GreaterOrEqual.Of(b, at, at.Number(-1)), LessOrEqual.Of(b, at, at.Number(size)));
        at = PointSampler.Clamp(at, 0, size - 1);
        var low = at.Through<Floor>();
        var beyond = at - low;
        var counted = at.With(Cast.Of(b, within, at.Value.Type.Element));
        return [Row(low, (1 - beyond) * counted), Row(PointSampler.Clamp(low + 1, 0, size - 1), beyond * counted)];

        Expr Edge(int column)
        {
            var edge = new Expr(b, Slice.Of(b, regions, 1, column, column + 1)) * scale;
            return shifted ? edge - 0.5 : edge;
        }

        Value Row(Expr index, Expr weight) =>
            Mul.Of(
                b,
                OneHotRows.Of(b, Cast.Of(b, index, ElementType.Int64), size, weight.Value.Type.Element),
                Reshape.InsertAxis(b, weight, 2)
            );
    }
}
