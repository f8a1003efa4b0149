using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Sampling;

/// <summary>
/// For each pixel of an image its coordinates, from -1 to 1, under an affine map theta [N, d, d + 1]: a grid [N, *spatial, d] for
/// <see cref="GridSample"/>. Linear in theta. Inputs: theta, the image's sizes [N, C, *spatial].
/// </summary>
internal sealed class AffineGrid : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var theta = call.Required(0);
        var sizes = (call.Sizes(1) ?? throw new UnsupportedOperatorException("AffineGrid lacks its sizes.")).Skip(2).ToArray();
        if (sizes.Any(size => !size.IsKnown))
            throw new UnsupportedOperatorException(
                $"the sizes [{string.Join(",", sizes)}] of AffineGrid are not known; give the sizes of symbolic dimensions."
            );
        long[] spatial = [.. sizes.Select(size => size.Factor)];
        var corners = call.Attributes.Int("align_corners", 0) != 0;
        var (rank, count) = (spatial.Length, (int)spatial.Aggregate(1L, (a, c) => a * c));
        var strides = Strided.Strides(spatial);
        var points = Tensor.Filled(theta.Type.Element, [count, rank + 1], 1);
        // The coordinates of a point run from the last axis to the first.
        for (var i = 0; i < count; i++)
        for (var axis = 0; axis < rank; axis++)
            points.Floats[i * (rank + 1) + rank - 1 - axis] = Coordinate(i / strides[axis] % spatial[axis], spatial[axis]);
        var moved = MatMul.Of(b, b.Constant(points), TransposeAxes.Last(b, theta));
        return [Reshape.To(b, moved, [theta.Type.Shape[0], .. sizes, rank])];

        double Coordinate(long index, long size) =>
            !corners ? (2 * index + 1.0) / size - 1
            : size > 1 ? 2.0 * index / (size - 1) - 1
            : 0;
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 20;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);
}
