using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>
/// Where the entries of a result lie: which entry of the target each is the derivative by, and of which sample or row of z.
/// </summary>
/// <param name="Result">The result.</param>
/// <param name="Values">Its elements, of one batch.</param>
/// <param name="ValueShape">The shape of the whole value that the target is, or is a part of.</param>
/// <param name="OutputShape">The shape of z.</param>
/// <param name="OtherShape">The shape of the whole value that the columns of a block are of.</param>
internal sealed record ResultEntries(CheckedResult Result, ResultElements Values, long[] ValueShape, long[] OutputShape, long[] OtherShape)
{
    private Target Target => Result.Target;

    /// <summary>Entries of the target.</summary>
    public long Count => CountOf(Target, ValueShape);

    /// <summary>The first entry of the target in the whole value.</summary>
    public long First => FirstOf(Target, ValueShape);

    /// <summary>The elements of z.</summary>
    public long OutputCount => Product(OutputShape);

    /// <summary>Where samples lie in z.</summary>
    public SamplePositions Output { get; } = new(OutputShape, Result.Output);

    private SamplePositions Samples { get; } = new(ValueShape, Result.Samples);

    /// <summary>The target of the columns of a block.</summary>
    private Target Other => Result.Second?.Target ?? Target;

    private SamplePositions OtherSamples { get; } = new(OtherShape, Result.Second?.Samples ?? Result.Samples);

    /// <summary>Whether the result has a block for each sample that the target holds.</summary>
    private bool OfSamples =>
        Result.Quantity switch
        {
            Quantity.Jacobian => Values.Length < OutputCount * Count,
            Quantity.Hessian or Quantity.CrossHessian => Values.Length < Count * CountOf(Other, OtherShape),
            _ => Result.Quantity.IsPerSample() && Result.Samples.IsSeparate,
        };

    /// <summary>
    /// The entry of the whole value that the element at a position is a derivative by, a second one of Hessians, and the sample or element
    /// of z that it belongs to, or 0.
    /// </summary>
    public (long Entry, long Other, long Row) At(long position)
    {
        if (Result.Quantity == Quantity.Jvp)
            return (0, 0, position);
        if (!OfSamples)
        {
            var columns = CountOf(Other, OtherShape);
            return Result.Quantity is Quantity.Hessian or Quantity.CrossHessian
                ? (First + position / columns, FirstOf(Other, OtherShape) + position % columns, 0)
                : (First + position % Count, 0, position / Count);
        }
        var rows = RowsOfSample;
        var (sample, within) = Math.DivRem(position, rows * OtherSamples.Each);
        sample += Target.IsPart ? Target.Start : 0;
        var (row, index) = Math.DivRem(within, OtherSamples.Each);
        return Result.Quantity switch
        {
            Quantity.Hessian or Quantity.CrossHessian => (Samples.Entry(sample, row), OtherSamples.Entry(sample, index), sample),
            Quantity.Jacobian => (Samples.Entry(sample, index), 0, Output.Entry(sample, row)),
            _ => (Samples.Entry(sample, index), 0, sample),
        };
    }

    /// <summary>The positions of all elements that are derivatives by an entry of the whole value.</summary>
    public IEnumerable<long> By(long entry)
    {
        if (!OfSamples)
        {
            for (var position = entry - First; position < Values.Length; position += Count)
                yield return position;
            yield break;
        }
        var (sample, index) = Samples.Of(entry);
        sample -= Target.IsPart ? Target.Start : 0;
        for (long row = 0; row < RowsOfSample; row++)
            yield return (sample * RowsOfSample + row) * Samples.Each + index;
    }

    /// <summary>How many rows the block of a sample has.</summary>
    private long RowsOfSample =>
        Result.Quantity switch
        {
            Quantity.Hessian or Quantity.CrossHessian => Samples.Each,
            Quantity.Jacobian => Output.Each,
            _ => 1,
        };

    /// <summary>The indices of the element at a position.</summary>
    public long[] IndexOf(long position)
    {
        var index = new long[Values.Shape.Length];
        for (var axis = index.Length - 1; axis >= 0; axis--)
            (position, index[axis]) = Math.DivRem(position, Values.Shape[axis]);
        return index;
    }

    private static long CountOf(Target target, long[] shape) => target.IsPart ? (target.End - target.Start) * RowOf(shape) : Product(shape);

    private static long FirstOf(Target target, long[] shape) => target.IsPart ? target.Start * RowOf(shape) : 0;

    private static long RowOf(long[] shape) => shape.Length == 0 ? 1 : Product(shape.AsSpan(1));

    private static long Product(ReadOnlySpan<long> sizes)
    {
        long product = 1;
        foreach (var size in sizes)
            product *= size;
        return product;
    }
}
