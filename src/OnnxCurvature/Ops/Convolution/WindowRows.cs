using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// The windows of a single image as rows of a table, which are gathered without being laid out: entry (c, k) of the window at output
/// position p is <c>table[starts[p] + offsets[k], c]</c>.
/// </summary>
/// <param name="table">Makes the input with its padding, [S, C], S positions.</param>
/// <param name="starts">For each of P output positions the place of its window's first entry.</param>
/// <param name="offsets">For each of T kernel positions its distance from there.</param>
internal sealed class WindowRows(Func<GraphBuilder, Value> table, ImmutableArray<long> starts, ImmutableArray<long> offsets) : IWindowTable
{
    /// <summary>The windows of an input [1, C, *spatial]; null for several images, or sizes that are not known.</summary>
    public static WindowRows? Of(Value x, Window window, TensorShape outputs)
    {
        var rank = window.Rank;
        if (!x.Type.Shape[0].IsOne || !outputs.IsKnown || !x.Type.Shape.Range(1, rank + 2).IsKnown)
            return null;
        var sizes = Unfolding.PaddedSizes(x, window, outputs);
        var steps = new long[rank];
        for (var (axis, step) = (rank - 1, 1L); axis >= 0; step *= sizes[axis--])
            steps[axis] = step;
        return new WindowRows(
            b =>
                TransposeAxes.Of(
                    b,
                    Reshape.To(
                        b,
                        Unfolding.Padded(b, x, window, outputs),
                        [x.Type.Shape[1], sizes.Aggregate(1L, (product, size) => product * size)]
                    ),
                    1,
                    0
                ),
            Places(outputs.Sizes, axis => window.Strides[axis] * steps[axis]),
            Places(window.Kernel, axis => window.Dilations[axis] * steps[axis])
        );
    }

    /// <inheritdoc/>
    public Value Starts(GraphBuilder b, Value positions) => Indexing.Gather.Of(b, b.Vector(starts.AsSpan()), positions, 0);

    /// <inheritdoc/>
    public Value Pick(GraphBuilder outer, GraphBuilder b, Value places)
    {
        var rows = table(outer);
        var each = Elementwise.Add.Of(b, Reshape.InsertAxis(b, places, 1), outer.Vector(offsets.AsSpan()));
        return Reshape.To(b, Indexing.Gather.Of(b, rows, each, 0), [places.Type.Shape[0], offsets.Length * rows.Type.Shape[1]]);
    }

    /// <inheritdoc/>
    public Value InOrder(GraphBuilder b, Value rows)
    {
        var channels = rows.Type.Shape[1].DividedBy(offsets.Length)!.Value;
        return Reshape.To(
            b,
            TransposeAxes.Of(b, Reshape.To(b, rows, [rows.Type.Shape[0], offsets.Length, channels]), 0, 2, 1),
            rows.Type.Shape
        );
    }

    /// <summary>For the indices of an array of some sizes, in row-major order, Σ index · step.</summary>
    private static ImmutableArray<long> Places(IReadOnlyList<long> sizes, Func<int, long> step)
    {
        IEnumerable<long> places = [0];
        for (var axis = 0; axis < sizes.Count; axis++)
        {
            var (size, distance) = (sizes[axis], step(axis));
            places = [.. places.SelectMany(place => Enumerable.Range(0, checked((int)size)).Select(index => place + index * distance))];
        }
        return [.. places];
    }
}
