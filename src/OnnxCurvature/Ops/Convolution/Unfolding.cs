using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>The windows of a tensor as the columns of matrices, which makes a convolution a matrix product.</summary>
internal static class Unfolding
{
    /// <summary>
    /// From x [N, C, *spatial] to X [N, G, (C/G) * *kernel, P]: row (c, k) and column p of group g hold the input of channel
    /// c of the group at the place where kernel position k and output position p meet, or zero in the padding. For weights W [O, C/G,
    /// *kernel] with rows of groups W_g [O/G, (C/G) * *kernel], convolution is W_g · X. A plain graph of Pad, strided slices (one for each
    /// kernel position) and Concat. Throws <see cref="UnsupportedOperatorException"/> where a spatial size is not known.
    /// </summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="x">The input.</param>
    /// <param name="window">The window.</param>
    /// <param name="groups">G.</param>
    /// <param name="outputs">The number of output positions along each spatial axis.</param>
    public static Value Of(GraphBuilder b, Value x, Window window, long groups, TensorShape outputs)
    {
        var rank = window.Rank;
        var (samples, channels) = (x.Type.Shape[0], x.Type.Shape[1]);
        var ofGroup =
            channels.DividedBy(groups)
            ?? throw new UnsupportedOperatorException($"{channels} channels cannot be split into {groups} groups.");
        if (!outputs.IsKnown || !x.Type.Shape.Range(2, rank + 2).IsKnown)
            throw new UnsupportedOperatorException(
                $"the spatial sizes of {x.Type.Shape} are not known; give the sizes of symbolic dimensions."
            );
        var padded = Padded(b, x, window, outputs);
        var count = window.Kernel.Aggregate(1L, (product, size) => product * size);
        var parts = new List<Value>();
        for (var k = 0L; k < count; k++)
        {
            var starts = new long[rank];
            var rest = k;
            for (var axis = rank - 1; axis >= 0; axis--)
            {
                starts[axis] = rest % window.Kernel[axis] * window.Dilations[axis];
                rest /= window.Kernel[axis];
            }
            var ends = starts.Select((start, axis) => start + (outputs[axis].Factor - 1) * window.Strides[axis] + 1);
            var part = IsWhole(starts)
                ? padded
                : Slice.Of(b, padded, Enumerable.Range(2, rank).Select(axis => (long)axis), starts, ends, window.Strides);
            parts.Add(Reshape.To(b, part, [samples, groups, ofGroup, 1, outputs.Elements]));
        }
        return Reshape.To(b, Concat.Of(b, parts, 3), [samples, groups, ofGroup * count, outputs.Elements]);

        bool IsWhole(long[] starts) => starts.All(start => start == 0) && window.IsDense && padded.Type.Shape.Range(2, rank + 2) == outputs;
    }

    /// <summary>An input [N, C, *spatial] with all that its windows meet around it, and nothing else.</summary>
    public static Value Padded(GraphBuilder b, Value x, Window window, TensorShape outputs)
    {
        // The entries that the last window needs after the input: less than the padding where that is not filled, more where windows
        // overhang.
        var after = PaddedSizes(x, window, outputs).Select((size, axis) => size - window.Begins[axis] - x.Type.Shape[axis + 2].Factor);
        return Pad.Of(b, x, [0, 0, .. window.Begins, 0, 0, .. after]);
    }

    /// <summary>The spatial sizes of <see cref="Padded"/>.</summary>
    public static long[] PaddedSizes(Value x, Window window, TensorShape outputs) =>
        [.. Enumerable.Range(0, window.Rank).Select(axis => (outputs[axis].Factor - 1) * window.Strides[axis] + window.Span(axis))];

    /// <summary>
    /// rows · columnsᵀ for columns [.., J, P] and rows [.., O, P]; the smaller of the two, which are the rows, is transposed.
    /// </summary>
    public static Value Contract(GraphBuilder b, Value columns, Value rows) =>
        TransposeAxes.Last(b, Products.MatMul.Of(b, columns, TransposeAxes.Last(b, rows)));
}
