using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Sampling;

/// <summary>
/// Samples images x [M, C, *spatial] between their pixels, at points of coordinates [M, P] for each spatial axis, in pixels. The nodes
/// that it builds have a derivative in the images and, piecewise, in the coordinates.
/// </summary>
internal sealed class PointSampler
{
    private readonly GraphBuilder _b;
    private readonly Func<Expr, long, Expr> _outside;
    private readonly bool _isZeroOutside;
    private readonly long[] _sizes;
    private readonly long[] _strides;
    private readonly Value _pixels;

    /// <summary>A sampler of images whose spatial sizes must be known.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="x">The images.</param>
    /// <param name="outside">From the index of a pixel that may lie outside of an axis of a size to one that lies inside; null for zeros
    /// outside.</param>
    public PointSampler(GraphBuilder b, Value x, Func<Expr, long, Expr>? outside)
    {
        var (shape, spatial) = (x.Type.Shape, x.Type.Shape.Range(2, x.Type.Rank));
        if (!spatial.IsKnown)
            throw new UnsupportedOperatorException($"the spatial sizes of {shape} are not known; give the sizes of symbolic dimensions.");
        (_b, _isZeroOutside, _outside) = (b, outside is null, outside ?? ((index, _) => index));
        _sizes = spatial.Sizes;
        _strides = Strided.Strides(_sizes);
        _pixels = TransposeAxes.Last(b, Reshape.To(b, x, [shape[0], shape[1], spatial.Elements]));
    }

    /// <summary>The pixels nearest to the points, [M, P, C].</summary>
    public Expr Nearest(Expr[] at) => Combined([.. at.Select(point => new[] { (point.Through<Round>(), point.Number(1)) })]);

    /// <summary>Linear interpolation between two pixels along each axis, [M, P, C].</summary>
    public Expr Linear(Expr[] at) =>
        Combined([
            .. at.Select(point =>
            {
                var low = point.Through<Floor>();
                var beyond = point - low;
                return new[] { (low, 1 - beyond), (low + 1, beyond) };
            }),
        ]);

    /// <summary>Keys' cubic convolution over four pixels along each axis, with a = -3/4, [M, P, C].</summary>
    public Expr Cubic(Expr[] at) =>
        Combined([
            .. at.Select(point =>
            {
                const double A = -0.75;
                var low = point.Through<Floor>();
                var t = point - low;
                return new[] { (low - 1, Far(t + 1)), (low, Near(t)), (low + 1, Near(1 - t)), (low + 2, Far(2 - t)) };

                static Expr Near(Expr d) => ((A + 2) * d - (A + 3)) * d * d + 1;

                static Expr Far(Expr d) => ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
            }),
        ]);

    /// <summary>The least and the greatest value to which a value is cut.</summary>
    public static Expr Clamp(Expr x, double low, double high) =>
        x.With(Min.Of(x.Builder, Max.Of(x.Builder, x, x.Number(low)), x.Number(high)));

    /// <summary>The sum over all combinations of one pixel along each axis, each weighted by the product of the weights.</summary>
    private Expr Combined((Expr Index, Expr Weight)[][] taps)
    {
        var combinations = new List<(Value? Position, Expr? Weight)> { (null, null) };
        for (var axis = 0; axis < taps.Length; axis++)
        {
            var along = taps[axis].Select(tap => Placed(tap.Index, tap.Weight, axis)).ToArray();
            combinations =
            [
                .. combinations.SelectMany(
                    _ => along,
                    (outer, inner) =>
                        (
                            outer.Position is null ? inner.Position : Add.Of(_b, outer.Position, inner.Position),
                            outer.Weight is { } weight ? weight * inner.Weight : inner.Weight
                        )
                ),
            ];
        }
        Expr? sum = null;
        foreach (var (position, weight) in combinations)
        {
            var pixels = GatherND.Of(_b, _pixels, Reshape.InsertAxis(_b, position!, 2), 1);
            // The weight 1 of the nearest pixel is a scalar.
            var along = weight!.Value.Value.Type.Rank == 0 ? weight.Value : weight.Value.With(Reshape.InsertAxis(_b, weight.Value, 2));
            var term = along.With(pixels) * along;
            sum = sum is { } before ? before + term : term;
        }
        return sum!.Value;
    }

    private (Value Position, Expr Weight) Placed(Expr index, Expr weight, int axis)
    {
        if (_isZeroOutside)
        {
            var within = And.Of(
                _b,
                GreaterOrEqual.Of(_b, index, index.Number(0)),
                LessOrEqual.Of(_b, index, index.Number(_sizes[axis] - 1))
            );
            weight *= weight.With(Cast.Of(_b, within, weight.Value.Type.Element));
        }
        var inside = Clamp(_outside(index, _sizes[axis]), 0, _sizes[axis] - 1);
        return (Mul.Of(_b, Cast.Of(_b, inside, ElementType.Int64), _b.Scalar(ElementType.Int64, _strides[axis])), weight);
    }
}
