using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Sampling;

/// <summary>
/// x [N, C, *spatial] sampled at the points of a grid [N, *places, d], whose coordinates run from -1 to 1 and from the last spatial axis to
/// the first. Linear in x, piecewise polynomial in the grid. Canonical <c>mode</c>: linear (the default), nearest or cubic.
/// </summary>
internal sealed class GridSample : CompositeOperator
{
    private static readonly ImmutableArray<(string Old, string New)> Modes = [("bilinear", "linear"), ("bicubic", "cubic")];

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, grid) = (call.Required(0).Type, call.Required(1).Type.Shape);
        if (x.Rank < 3 || grid.Rank != x.Rank || grid[grid.Rank - 1].Known is { } coordinates && coordinates != x.Rank - 2)
            throw new UnsupportedOperatorException($"the grid {grid} does not fit an input {x.Shape}.");
        return [x with { Shape = [.. x.Shape.Range(0, 2), .. grid.Range(1, grid.Rank - 1)] }];
    }

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, grid) = (call.Required(0), call.Required(1));
        var (shape, rank) = (x.Type.Shape, x.Type.Rank - 2);
        if (!shape.Range(2, shape.Rank).IsKnown)
            throw new UnsupportedOperatorException($"the spatial sizes of {shape} are not known; give the sizes of symbolic dimensions.");
        var (corners, padding) = (call.Attributes.Int("align_corners", 0) != 0, call.Attributes.Text("padding_mode", "zeros"));
        var mode = call.Attributes.Text("mode", "linear");
        TensorShape points = [grid.Type.Shape[0], grid.Type.Shape.Product(1, rank + 1)];
        var at = new Expr[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            var size = shape[axis + 2].Factor;
            var g = new Expr(b, Reshape.To(b, Slice.Of(b, grid, rank + 1, rank - 1 - axis, rank - axis), points));
            var pixel = corners ? (g + 1) * (0.5 * (size - 1)) : ((g + 1) * (double)size - 1) * 0.5;
            at[axis] = Inside(mode == "nearest" ? pixel.Through<Round>() : pixel, size);
        }
        var sampler = new PointSampler(
            b,
            x,
            padding switch
            {
                "zeros" => null,
                "border" => (index, size) => PointSampler.Clamp(index, 0, size - 1),
                "reflection" => (index, size) => Reflected(index, size),
                _ => throw new UnsupportedOperatorException($"GridSample knows no padding '{padding}'."),
            }
        );
        var y = mode switch
        {
            "linear" => sampler.Linear(at),
            "nearest" => sampler.Nearest(at),
            "cubic" => sampler.Cubic(at),
            _ => throw new UnsupportedOperatorException($"GridSample knows no mode '{mode}'."),
        };
        return [Reshape.To(b, TransposeAxes.Last(b, y), Infer(call)[0].Shape)];

        // A point outside of the image is brought back before it is interpolated; cubic interpolation clamps only the pixels that it takes.
        Expr Inside(Expr pixel, long size) =>
            padding switch
            {
                "border" when mode != "cubic" => Expr.Select(Outside(pixel, size), PointSampler.Clamp(pixel, 0, size - 1), pixel),
                "reflection" => Reflected(pixel, size),
                _ => pixel,
            };

        Value Outside(Expr pixel, long size) => Or.Of(b, pixel < Low(), pixel > High(size));

        double Low() => corners ? 0 : -0.5;

        double High(long size) => corners ? size - 1 : size - 0.5;

        // Mirrored at the edges of the image as often as it takes.
        Expr Reflected(Expr pixel, long size)
        {
            var (low, high) = (Low(), High(size));
            if (high == low)
                return pixel * 0.0 + low;
            var below = pixel < low;
            var distance = Expr.Select(below, low - pixel, pixel - high);
            var turns = (distance / (high - low)).Through<Floor>();
            var rest = distance - turns * (high - low);
            var isOdd = (turns - 2 * (turns * 0.5).Through<Floor>()) > 0.5;
            var mirrored = Expr.Select(Xor.Of(b, below, isOdd), low + rest, high - rest);
            return Expr.Select(Outside(pixel, size), mirrored, pixel);
        }
    }

    /// <summary>Before opset 20 the modes had other names.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var mode = call.Attributes.Text("mode", opset < 20 ? "bilinear" : "linear");
        return call with { Attributes = call.Attributes.With("mode", Modes.FirstOrDefault(pair => pair.Old == mode).New ?? mode) };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        var mode = node.Attributes.Text("mode", "linear");
        return opset >= 20
            ? call
            : call with
            {
                Attributes = call.Attributes.With("mode", Modes.FirstOrDefault(pair => pair.New == mode).Old ?? mode),
            };
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Output.Type.Rank == 4 ? 16 : 20;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        size(node.Output.Type.Shape.Elements)
        * 2
        * Math.Pow(
            node.Attributes.Text("mode", "linear") switch
            {
                "nearest" => 1,
                "cubic" => 4,
                _ => 2,
            },
            node.Output.Type.Rank - 2
        );
}
