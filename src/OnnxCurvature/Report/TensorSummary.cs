using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Files;
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
        var values = tensor.Numbers;
        if (values.Length == 0)
            return new TensorSummary(tensor.Name, quantity, tensor.Shape, 0, 0, 0, 0, 0, [], []) { IsNegated = tensor.IsNegated };
        var (figures, largest) = EntryFigures.Of(values, Entries);
        return new TensorSummary(
            tensor.Name,
            quantity,
            tensor.Shape,
            NormOf(values, figures),
            figures.Sum,
            figures.Minimum,
            figures.Maximum,
            (double)figures.Negative / values.Length,
            [.. largest.Select(position => new TensorEntry(IndexOf(position, tensor.Shape), values[position]))],
            SlicesOf(values, tensor.Shape)
        )
        {
            IsNegated = tensor.IsNegated,
        };
    }

    /// <summary>√Σxᵢ², of entries that are scaled where their squares would leave the range of a double.</summary>
    private static double NormOf(RealArray values, EntryFigures figures)
    {
        var largest = Math.Max(-figures.Minimum, figures.Maximum);
        if (largest is 0 or (> 1e-100 and < 1e100))
            return Math.Sqrt(figures.Squares);
        var scaled = new double[values.Length];
        TensorPrimitives.Divide(values.ToDoubles(), largest, scaled);
        return largest * TensorPrimitives.Norm<double>(scaled);
    }

    private static ImmutableArray<SliceSummary> SlicesOf(RealArray values, ImmutableArray<long> shape)
    {
        if (shape.Length < 2)
            return [];
        var (length, buffer) = (values.Length / (int)shape[0], values.Buffer());
        var sums = new double[shape[0]];
        for (var slice = 0; slice < sums.Length; slice++)
        for (var start = slice * length; start < (slice + 1) * length; start += RealArray.BlockLength)
            sums[slice] += TensorPrimitives.SumOfMagnitudes(values.Block(start, (slice + 1) * length, buffer));
        var total = sums.Sum();
        return
        [
            .. EntryFigures
                .Of(sums, TopSlices)
                .Largest.Select(slice => new SliceSummary(slice, sums[slice], total == 0 ? 0 : sums[slice] / total)),
        ];
    }

    private static ImmutableArray<long> IndexOf(long position, ImmutableArray<long> shape)
    {
        var index = new long[shape.Length];
        for (var axis = shape.Length - 1; axis >= 0; axis--)
            (position, index[axis]) = Math.DivRem(position, shape[axis]);
        return [.. index];
    }
}
