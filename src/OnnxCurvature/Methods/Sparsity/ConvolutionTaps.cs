using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// For every output position of a convolution the input positions that it sees, each with its kernel position; those in the padding are
/// left out.
/// </summary>
internal sealed class ConvolutionTaps
{
    private readonly Lazy<List<(long Position, long Kernel)>[]> _taps;

    /// <summary>How many positions are seen along each axis, for each position of the output there.</summary>
    private readonly double[][] _counts;
    private readonly long _inputs;

    private ConvolutionTaps(Func<List<(long, long)>[]> taps, double[][] counts, long inputs) =>
        (_taps, _counts, _inputs) = (new(taps), counts, inputs);

    /// <summary>A single output position that sees a single input position.</summary>
    public static ConvolutionTaps One { get; } =
        new(
            () =>
                [
                    [(0, 0)],
                ],
            [],
            1
        );

    /// <summary>The taps of a window over positions of known sizes. Which they are is found where nodes are built of them.</summary>
    public ConvolutionTaps(Window window, IReadOnlyList<long> sizes, IReadOnlyList<long> outputs)
        : this(
            () => Table(window, sizes, outputs),
            [.. sizes.Select((size, axis) => window.CountsAlong(axis, size, outputs[axis], withPadding: false))],
            sizes.Aggregate(1L, (product, size) => product * size)
        ) { }

    /// <summary>Q, the number of output positions.</summary>
    public int Outputs => _counts.Aggregate(1, (product, counts) => checked(product * counts.Length));

    /// <summary>Input positions that an output position sees, on the average.</summary>
    public double Average => _counts.Aggregate(1.0, (product, counts) => product * counts.Average());

    /// <summary>Whether every output position sees something.</summary>
    public bool AllSee => _counts.All(counts => counts.All(count => count > 0));

    private int Most => (int)_counts.Aggregate(1.0, (product, counts) => product * counts.Max());

    private bool AreAlike => _counts.All(counts => counts.All(count => count == counts[0]));

    private static List<(long, long)>[] Table(Window window, IReadOnlyList<long> sizes, IReadOnlyList<long> outputs)
    {
        var table = window.Taps(sizes, outputs);
        var count = (int)outputs.Aggregate(1L, (product, size) => product * size);
        List<(long, long)>[] taps = [.. Enumerable.Range(0, count).Select(_ => new List<(long, long)>())];
        for (var at = 0; at < table.Length; at++)
            if (table[at] >= 0)
                taps[at % count].Add((table[at], at / count));
        return taps;
    }

    /// <summary>The input positions that an output position sees, which counts through all samples.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="output">The position, a 64-bit integer.</param>
    /// <param name="samples">N.</param>
    /// <param name="row">The first of the weight's rows that belong to a kernel position.</param>
    public SeenPositions Seen(GraphBuilder b, Value output, Dim samples, Func<long, long> row)
    {
        var count = b.Scalar(ElementType.Int64, Outputs);
        var at = samples.IsOne ? output : Mod.Of(b, output, count);
        var length = AreAlike
            ? null
            : Gather.Of(
                b,
                b.Constant(Tensor.Of(ElementType.Int64, [Outputs, 1], [.. _taps.Value.Select(taps => (long)taps.Count)])),
                at,
                0
            );
        var seen = length is null ? Most : Dim.OfData($"seen_{length.Producer!.Id}");
        var positions = Row(tap => tap.Position);
        if (!samples.IsOne)
            positions = Add.Of(b, positions, Mul.Of(b, Div.Of(b, output, count), b.Scalar(ElementType.Int64, _inputs)));
        return new SeenPositions(positions, Row(tap => row(tap.Kernel)), seen);

        Value Row(Func<(long Position, long Kernel), long> entry)
        {
            var table = Tensor.Of(
                ElementType.Int64,
                [Outputs, Most],
                [.. _taps.Value.SelectMany(taps => taps.Select(entry).Concat(Enumerable.Repeat(0L, Most - taps.Count)))]
            );
            var entries = Gather.Of(b, b.Constant(table), at, 0);
            return length is null
                ? entries
                : Catalogue
                    .Get<Slice>()
                    .Apply(b, [entries, b.Vector(0), length, b.Vector(0)], types: [new TensorType(ElementType.Int64, [seen])])
                    .Output;
        }
    }
}

/// <summary>The input positions that an output position sees.</summary>
/// <param name="Positions">Input positions, which count through all samples, [T].</param>
/// <param name="Kernels">The first of the weight's rows that belong to each one's kernel position, [T].</param>
/// <param name="Count">T.</param>
internal sealed record SeenPositions(Value Positions, Value Kernels, Dim Count);
