using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// The elements of a tensor x [N, C, *spatial] that the positions of a window see, one slice for each kernel position: a plain graph of Pad
/// and strided slices, whose sizes need not be known.
/// </summary>
internal sealed class WindowTaps
{
    private readonly GraphBuilder _b;
    private readonly Value _padded;
    private readonly Window _window;
    private readonly TensorShape _outputs;

    /// <summary>Puts a number, zero by default, around x; negative paddings cut.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="x">The input.</param>
    /// <param name="window">The window.</param>
    /// <param name="outputs">The output's spatial dimensions.</param>
    /// <param name="margin">The number.</param>
    public WindowTaps(GraphBuilder b, Value x, Window window, TensorShape outputs, double margin = 0)
    {
        (_b, _window, _outputs) = (b, window, outputs);
        _padded = Pad.Of(b, x, [0, 0, .. window.Begins, 0, 0, .. Enumerable.Range(0, window.Rank).Select(After)], margin);

        // Up to where the last window ends: that is less than the padding where it is not filled, and more where it overhangs.
        long After(int axis) =>
            (x.Type.Shape[axis + 2].Known, outputs[axis].Known) switch
            {
                ({ } size, { } count) => (count - 1) * window.Strides[axis] + window.Span(axis) - window.Begins[axis] - size,
                _ when window.RoundsUp => throw new UnsupportedOperatorException(
                    $"ceil_mode depends on the size {x.Type.Shape[axis + 2]}, which is not known; give the sizes of symbolic dimensions."
                ),
                _ => window.Ends[axis],
            };
    }

    /// <summary>The number of kernel positions.</summary>
    public long Count => _window.Kernel.Aggregate(1L, (product, size) => product * size);

    /// <summary>For a kernel position, counted row by row, the entries that it meets: [N, C, *outputs].</summary>
    public Value At(long tap)
    {
        var positions = new long[_window.Rank];
        for (var axis = _window.Rank - 1; axis >= 0; axis--)
        {
            positions[axis] = tap % _window.Kernel[axis];
            tap /= _window.Kernel[axis];
        }
        return Slice(_padded, Enumerable.Range(0, _window.Rank), positions);
    }

    /// <summary>The sum over all kernel positions, one axis after another: [N, C, *outputs].</summary>
    public Value Sum()
    {
        var sum = _padded;
        for (var axis = 0; axis < _window.Rank; axis++)
        {
            var along = sum;
            var total = Slice(along, [axis], [0]);
            for (var k = 1L; k < _window.Kernel[axis]; k++)
                total = Elementwise.Add.Of(_b, total, Slice(along, [axis], [k]));
            sum = total;
        }
        return sum;
    }

    /// <summary>
    /// Every stride-th entry from that which a kernel position meets first up to that which it meets last, along some axes.
    /// </summary>
    private Value Slice(Value x, IEnumerable<int> axes, long[] positions)
    {
        int[] along = [.. axes.Where(axis => _window.Span(axis) > 1 || _window.Strides[axis] > 1)];
        if (along.Length == 0)
            return x;
        var starts = axes.Index()
            .Where(entry => along.Contains(entry.Item))
            .Select(entry => positions[entry.Index] * _window.Dilations[entry.Item])
            .ToArray();
        var ends = along.Select((axis, index) => starts[index] + 1 - _window.Span(axis) is var end and < 0 ? end : long.MaxValue);
        var shape = x.Type.Shape;
        foreach (var axis in along)
            shape = shape.With(axis + 2, _outputs[axis]);
        var steps = along.Select(axis => _window.Strides[axis]).ToArray();
        return Catalogue
            .Get<Slice>()
            .Apply(
                _b,
                [
                    x,
                    _b.Vector(starts),
                    _b.Vector([.. ends]),
                    _b.Vector([.. along.Select(axis => axis + 2L)]),
                    steps.All(step => step == 1) ? null : _b.Vector(steps),
                ],
                types: [x.Type with { Shape = shape }]
            )
            .Output;
    }
}
