using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxCurvature.Files;

namespace OnnxCurvature.Report;

/// <summary>Figures of finite numbers, of which there may be hundreds of millions, found in one pass.</summary>
/// <param name="Sum">Σxᵢ.</param>
/// <param name="Squares">Σxᵢ².</param>
/// <param name="Minimum">The least; +∞ of none.</param>
/// <param name="Maximum">The greatest; −∞ of none.</param>
/// <param name="Negative">How many are below 0.</param>
internal readonly record struct EntryFigures(double Sum, double Squares, double Minimum, double Maximum, long Negative)
{
    /// <summary>So many numbers stay in the first-level cache for all that is done with them.</summary>
    private const int Block = 1 << 11;

    private static EntryFigures OfNone => new(0, 0, double.PositiveInfinity, double.NegativeInfinity, 0);

    /// <summary>
    /// The figures, and the positions of a number of entries of the largest absolute value, that one first; of equal ones the first.
    /// </summary>
    public static (EntryFigures Figures, Stack<int> Largest) Of(RealArray values, int count)
    {
        var (all, buffer) = (OfNone, values.Buffer());
        // The least of those that are kept is at the head; of equal ones that is the last.
        var kept = new PriorityQueue<int, (double Magnitude, int Order)>(count + 1);
        var least = double.NegativeInfinity;
        for (var start = 0; start < values.Length; start += Block)
        {
            var block = values.Block(start, Math.Min(start + Block, values.Length), buffer);
            var own = OfBlock(block);
            all = all.And(own);
            if (kept.Count == count && Math.Max(-own.Minimum, own.Maximum) <= least)
                continue;
            for (var index = 0; index < block.Length; index++)
            {
                var magnitude = Math.Abs(block[index]);
                if (kept.Count == count && magnitude <= least)
                    continue;
                kept.Enqueue(start + index, (magnitude, -start - index));
                if (kept.Count > count)
                    kept.Dequeue();
                least = Math.Abs(values[kept.Peek()]);
            }
        }
        var order = new Stack<int>();
        while (kept.TryDequeue(out var position, out _))
            order.Push(position);
        return (all, order);
    }

    private EntryFigures And(EntryFigures other) =>
        new(
            Sum + other.Sum,
            Squares + other.Squares,
            Math.Min(Minimum, other.Minimum),
            Math.Max(Maximum, other.Maximum),
            Negative + other.Negative
        );

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static EntryFigures OfBlock(ReadOnlySpan<double> block)
    {
        // Eight sums on every processor, so that all of them round alike.
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(block);
        var (sum, squares, negative) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        var (least, greatest) = (Vector512.Create(double.PositiveInfinity), Vector512.Create(double.NegativeInfinity));
        foreach (var vector in vectors)
        {
            sum += vector;
            squares += vector * vector;
            least = Vector512.ConditionalSelect(Vector512.LessThan(vector, least), vector, least);
            greatest = Vector512.ConditionalSelect(Vector512.GreaterThan(vector, greatest), vector, greatest);
            negative += Vector512.LessThan(vector, Vector512<double>.Zero) & Vector512.Create(1.0);
        }
        var all = OfNone;
        for (var lane = 0; lane < Vector512<double>.Count; lane++)
            all = all.And(new EntryFigures(sum[lane], squares[lane], least[lane], greatest[lane], (long)negative[lane]));
        foreach (var value in block[(vectors.Length * Vector512<double>.Count)..])
            all = all.And(new EntryFigures(value, value * value, value, value, value < 0 ? 1 : 0));
        return all;
    }
}
