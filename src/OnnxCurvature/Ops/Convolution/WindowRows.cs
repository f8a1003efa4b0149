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
/// <param name="starts">For each of P output positions the index of its window's first entry.</param>
/// <param name="offsets">For each of T kernel positions its distance from there.</param>
internal sealed class WindowRows(Func<GraphBuilder, Value> table, WindowRows.Strides starts, WindowRows.Strides offsets) : IWindowTable
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
            new Strides([.. outputs.Sizes], [.. steps.Select((step, axis) => window.Strides[axis] * step)]),
            new Strides([.. window.Kernel], [.. steps.Select((step, axis) => window.Dilations[axis] * step)])
        );
    }

    /// <inheritdoc/>
    public Value Starts(GraphBuilder b, Value positions) => Indexing.Gather.Of(b, starts.In(b), positions, 0);

    /// <inheritdoc/>
    public Value Gather(GraphBuilder outer, GraphBuilder b, Value first)
    {
        var rows = table(outer);
        var each = Elementwise.Add.Of(b, Reshape.InsertAxis(b, first, 1), offsets.In(outer));
        return Reshape.To(b, Indexing.Gather.Of(b, rows, each, 0), [first.Type.Shape[0], offsets.Count * rows.Type.Shape[1]]);
    }

    /// <inheritdoc/>
    public Value InOrder(GraphBuilder b, Value rows)
    {
        var channels = rows.Type.Shape[1].DividedBy(offsets.Count)!.Value;
        return Reshape.To(
            b,
            TransposeAxes.Of(b, Reshape.To(b, rows, [rows.Type.Shape[0], offsets.Count, channels]), 0, 2, 1),
            rows.Type.Shape
        );
    }

    /// <summary>For the indices of an array of some sizes, in row-major order, Σ index · step.</summary>
    internal sealed record Strides(ImmutableArray<long> Sizes, ImmutableArray<long> Steps)
    {
        /// <summary>How many there are.</summary>
        public long Count => Sizes.Aggregate(1L, (product, size) => product * size);

        /// <summary>A vector of them. It is computed here, since most plans that are weighed need none.</summary>
        public Value In(GraphBuilder b) => b.Vector(Count, At);

        private long At(long index)
        {
            var sum = 0L;
            for (var axis = Sizes.Length - 1; axis >= 0; index /= Sizes[axis--])
                sum += index % Sizes[axis] * Steps[axis];
            return sum;
        }
    }
}
