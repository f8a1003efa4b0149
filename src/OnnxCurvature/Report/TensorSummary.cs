using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Report;

/// <summary>An entry of a tensor.</summary>
/// <param name="Index">Its indices in the tensor, outermost first.</param>
/// <param name="Value">Its value.</param>
internal sealed record TensorEntry(ImmutableArray<long> Index, double Value);

/// <summary>A slice of a tensor's first axis: the feature map of a convolution's weight.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Sum">The sum of the absolute values of its entries.</param>
/// <param name="Share">Its share of the sum over all slices; 0 where that sum is 0.</param>
internal sealed record SliceSummary(long Index, double Sum, double Share);

/// <summary>The figures of one tensor. Those of a tensor without entries are 0.</summary>
/// <param name="Name">Its name in the result file.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Norm">√Σxᵢ².</param>
/// <param name="Sum">Σxᵢ: of a Hessian diagonal, the trace of that block.</param>
/// <param name="Minimum">The least entry.</param>
/// <param name="Maximum">The greatest entry.</param>
/// <param name="NegativeShare">The share of entries below 0, from 0 to 1.</param>
/// <param name="Largest">The entries of the largest absolute value, that one first; of equal ones the first in row-major order.</param>
/// <param name="Slices">The slices of the first axis with the largest sum of absolute values, that one first; none for fewer than two
/// axes.</param>
internal sealed record TensorSummary(
    string Name,
    Quantity Quantity,
    ImmutableArray<long> Shape,
    double Norm,
    double Sum,
    double Minimum,
    double Maximum,
    double NegativeShare,
    ImmutableArray<TensorEntry> Largest,
    ImmutableArray<SliceSummary> Slices
)
{
    /// <summary>Whether the tensor has the opposite sign of what it is named for; the figures are those of the tensor as it is.</summary>
    public bool IsNegated { get; init; }

    /// <summary>How many entries are listed.</summary>
    public const int Entries = 5;

    /// <summary>How many slices are listed.</summary>
    public const int TopSlices = 10;

    /// <summary>Summarizes a tensor, whose entries are finite.</summary>
    public static TensorSummary Of(ResultTensor tensor, Quantity quantity)
    {
        var values = tensor.Values;
        if (values.Length == 0)
            return new TensorSummary(tensor.Name, quantity, tensor.Shape, 0, 0, 0, 0, 0, [], []) { IsNegated = tensor.IsNegated };
        return new TensorSummary(
            tensor.Name,
            quantity,
            tensor.Shape,
            NormOf(values),
            TensorPrimitives.Sum<double>(values),
            TensorPrimitives.Min<double>(values),
            TensorPrimitives.Max<double>(values),
            (double)Negative(values) / values.Length,
            [.. Top(values, Entries).Select(position => new TensorEntry(IndexOf(position, tensor.Shape), values[position]))],
            SlicesOf(values, tensor.Shape)
        )
        {
            IsNegated = tensor.IsNegated,
        };
    }

    /// <summary>√Σxᵢ², of entries that are scaled where their squares would leave the range of a double.</summary>
    private static double NormOf(double[] values)
    {
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(values));
        if (largest is 0 or (> 1e-100 and < 1e100))
            return TensorPrimitives.Norm<double>(values);
        var scaled = new double[values.Length];
        TensorPrimitives.Divide(values, largest, scaled);
        return largest * TensorPrimitives.Norm<double>(scaled);
    }

    private static long Negative(ReadOnlySpan<double> values)
    {
        long count = 0;
        foreach (var value in values)
            count += value < 0 ? 1 : 0;
        return count;
    }

    private static ImmutableArray<SliceSummary> SlicesOf(double[] values, ImmutableArray<long> shape)
    {
        if (shape.Length < 2)
            return [];
        var length = values.Length / (int)shape[0];
        var sums = new double[shape[0]];
        for (var slice = 0; slice < sums.Length; slice++)
            sums[slice] = TensorPrimitives.SumOfMagnitudes(values.AsSpan(slice * length, length));
        var total = sums.Sum();
        return [.. Top(sums, TopSlices).Select(slice => new SliceSummary(slice, sums[slice], total == 0 ? 0 : sums[slice] / total))];
    }

    /// <summary>The positions of the largest absolute values, in one pass: a tensor may have a hundred million entries.</summary>
    private static Stack<int> Top(double[] values, int count)
    {
        // The least of those that are kept is at the head; of equal ones that is the last.
        var kept = new PriorityQueue<int, (double Magnitude, int Order)>(count + 1);
        var least = double.NegativeInfinity;
        for (var position = 0; position < values.Length; position++)
        {
            var magnitude = Math.Abs(values[position]);
            if (kept.Count == count && magnitude <= least)
                continue;
            kept.Enqueue(position, (magnitude, -position));
            if (kept.Count > count)
                kept.Dequeue();
            least = Math.Abs(values[kept.Peek()]);
        }
        var order = new Stack<int>();
        while (kept.TryDequeue(out var position, out _))
            order.Push(position);
        return order;
    }

    private static ImmutableArray<long> IndexOf(long position, ImmutableArray<long> shape)
    {
        var index = new long[shape.Length];
        for (var axis = shape.Length - 1; axis >= 0; axis--)
            (position, index[axis]) = Math.DivRem(position, shape[axis]);
        return [.. index];
    }
}
