using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Sampling;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>
/// Regions [R, 5] (image, left, top, right, bottom) of images x [N, C, H, W], rounded to whole pixels and divided into bins, of each of
/// which the greatest pixel is taken; zero for an empty one: [R, C, h, w]. Piecewise linear in x, piecewise constant in the regions.
/// </summary>
internal sealed class MaxRoiPool : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 4;

    /// <summary>Less than any pixel, and finite, so that products with zero are zero.</summary>
    private const double Least = -3e38;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, bins) = (call.Required(0).Type, Bins(call));
        return [x with { Shape = [call.Required(1).Type.Shape[0], x.Shape[1], bins[0], bins[1]] }];
    }

    /// <summary>The greatest along the columns of each bin, then along its rows, under masks of the bins.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, regions) = (call.Required(0), call.Required(1));
        if (!x.Type.Shape.Range(2, 4).IsKnown)
            throw new UnsupportedOperatorException(
                $"the derivative of MaxRoiPool needs the spatial sizes of {x.Type.Shape}; give the sizes of symbolic dimensions."
            );
        var which = Reshape.To(b, Cast.Of(b, Slice.Of(b, regions, 1, 0, 1), ElementType.Int64), [regions.Type.Shape[0]]);
        var images = Gather.Of(b, x, which, 0);
        var byColumns = Greatest(Reshape.InsertAxis(b, images, 3), Inside(b, call, 1), [1, 2]);
        var greatest = Greatest(Reshape.InsertAxis(b, TransposeAxes.Last(b, byColumns), 3), Inside(b, call, 0), [1, 2]);
        var y = new Expr(b, TransposeAxes.Last(b, greatest));
        return [Expr.Select(y < 0.5 * Least, y.Number(0), y)];

        // values [R, C, other, 1, size] under a mask [R, bins, size]: [R, C, other, bins].
        Value Greatest(Value values, Value mask, int[] axes)
        {
            foreach (var axis in axes)
                mask = Reshape.InsertAxis(b, mask, axis);
            var masked = Where.Of(b, mask, values, b.Scalar(values.Type.Element, Least));
            return Catalogue.Get<ReduceMax>().Apply(b, [masked], Attributes.Empty.With("axes", [4L]).With("keepdims", 0L)).Output;
        }
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        size(node.Inputs[0]!.Type.Shape.Range(2, 4).Elements) * size(node.Output.Type.Shape.Range(0, 2).Elements);

    private static ImmutableArray<long> Bins(OperatorCall call) =>
        call.Attributes.Ints("pooled_shape") is { Length: 2 } bins
            ? bins
            : throw new UnsupportedOperatorException("MaxRoiPool lacks the two sizes of its attribute pooled_shape.");

    /// <summary>Along an axis, which pixels lie in which bin: [R, bins, size].</summary>
    private static Value Inside(GraphBuilder b, OperatorCall call, int axis)
    {
        var (regions, bins, size) = (call.Required(1), Bins(call)[axis], call.Required(0).Type.Shape[axis + 2].Factor);
        var scale = call.Attributes.Float("spatial_scale", 1);
        var (start, end) = (Edge(2 - axis), Edge(4 - axis));
        var extent = end - start + 1;
        extent = extent.With(Max.Of(b, extent, extent.Number(1)));
        var step = extent / bins;
        var first = (step * Count(0, bins)).Through<Floor>() + start;
        var last = (step * Count(1, bins)).Through<Ceil>() + start;
        var pixels = Count(0, size);
        return And.Of(
            b,
            GreaterOrEqual.Of(b, pixels, Reshape.InsertAxis(b, PointSampler.Clamp(first, 0, size), 2)),
            Less.Of(b, pixels, Reshape.InsertAxis(b, PointSampler.Clamp(last, 0, size), 2))
        );

        // A half is rounded away from zero, and regions have no negative edges to speak of.
        Expr Edge(int column) => (new Expr(b, Slice.Of(b, regions, 1, column, column + 1)) * scale + 0.5).Through<Floor>();

        Expr Count(long from, long count) => new(b, Cast.Of(b, b.Vector(count, index => index + from), regions.Type.Element));
    }
}
