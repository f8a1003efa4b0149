using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// Sums of float64 numbers, entry by entry, without any rounding: each is held as an unevaluated sum of several numbers. A new term
/// goes to the first of them by an addition that gives its own rounding error exactly, the error to the second, and so on; a further one
/// is made only where an error is left. So the sums do not depend on the order of what is added, nor on how it is divided, and neither
/// do the numbers that they are rounded to (expansions of Shewchuk, 1997, by the two-sum of Knuth). As long as each entry has one term at
/// most and float32 holds all of them, they take half the space.
/// </summary>
/// <param name="length">The number of entries.</param>
internal sealed class ExactSum(int length)
{
    private readonly List<double[]> _parts = [];
    private float[]? _singles;
    private int _filled;

    /// <summary>The number of entries.</summary>
    public int Length => length;

    /// <summary>The numbers whose sums these are; most often one or two for each entry.</summary>
    public IReadOnlyList<RealArray> Parts
    {
        get
        {
            if (_singles is not null)
                return [new RealArray(_singles)];
            Widen();
            return [.. _parts.Select(part => new RealArray(part))];
        }
    }

    /// <summary>Whether they are held in float32.</summary>
    public bool IsSingle => _singles is not null;

    /// <summary>The bytes that the numbers take.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>The sums of several, exactly.</summary>
    public static ExactSum Of(IEnumerable<ExactSum> sums)
    {
        ExactSum? whole = null;
        foreach (var part in sums.SelectMany(sum => sum.Parts))
        {
            whole ??= new ExactSum(part.Length);
            whole.Add(part);
        }
        return whole!;
    }

    /// <summary>Adds finite numbers to all entries.</summary>
    public void Add(RealArray values)
    {
        var buffer = new double[Math.Min(RealArray.BlockLength, values.Length)];
        for (var start = 0; start < values.Length; start += RealArray.BlockLength)
        {
            var block = values.Block(start, values.Length, buffer);
            block.CopyTo(buffer);
            Add(start, buffer.AsSpan(0, block.Length));
        }
    }

    /// <summary>Adds finite numbers to the entries from one on.</summary>
    /// <param name="start">The first entry.</param>
    /// <param name="values">The numbers, which are overwritten.</param>
    public void Add(int start, Span<double> values)
    {
        if (TakeSingles(start, values))
            return;
        Widen();
        for (var part = 0; ; part++)
        {
            if (part == _parts.Count)
                _parts.Add(HugePages.Zeros<double>(length));
            AddTo(_parts[part].AsSpan(start, values.Length), values);
            if (!values.ContainsAnyExcept(0.0))
                return;
        }
    }

    /// <summary>
    /// The sums, each rounded once to the nearest float64. An entry is not finite where its sum is beyond the range.
    /// </summary>
    /// <param name="ends">Whether nothing is added any more, so that the result may take the memory of the sums.</param>
    public RealArray Round(bool ends = false)
    {
        // Single precision holds one term, to which nothing is added in place.
        if (_singles is not null)
            return new RealArray(_singles);
        Widen();
        var rounded = ends ? _parts[0] : new double[length];
        if (_parts.Count <= 2)
        {
            // Of two numbers the addition itself is the sum rounded to the nearest.
            if (_parts.Count == 2)
                TensorPrimitives.Add(_parts[0], _parts[1], rounded);
            else if (!ends)
                _parts[0].CopyTo(rounded, 0);
            return rounded;
        }
        Span<double> terms = stackalloc double[_parts.Count];
        for (var entry = 0; entry < length; entry++)
        {
            var isLong = false;
            for (var part = 0; part < _parts.Count; part++)
            {
                terms[part] = _parts[part][entry];
                isLong |= part > 1 && terms[part] != 0;
            }
            var sum = terms[0] + terms[1];
            rounded[entry] = isLong && double.IsFinite(sum) ? Rounded(terms) : sum;
        }
        return rounded;
    }

    /// <summary>
    /// Takes terms that follow on all others, where float32 holds these, too. A zero has no sign, as a sum of zeros has none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TakeSingles(int start, ReadOnlySpan<double> values)
    {
        if (_parts.Count > 0 || start != _filled)
            return false;
        foreach (var value in values)
            if ((float)value != value)
                return false;
        _singles ??= HugePages.Zeros<float>(length);
        var singles = _singles.AsSpan(start, values.Length);
        for (var index = 0; index < singles.Length; index++)
            singles[index] = (float)values[index] + 0f;
        _filled += values.Length;
        return true;
    }

    /// <summary>Makes the first number of each entry one of float64.</summary>
    private void Widen()
    {
        if (_parts.Count > 0)
            return;
        _parts.Add(HugePages.Zeros<double>(length));
        if (_singles is not null)
            RealArray.Widen(_singles.AsSpan(0, _filled), _parts[0]);
        _singles = null;
    }

    /// <summary>x + y as the nearest float64, in place of x, and the rest, which is exact, in place of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTo(Span<double> x, Span<double> y)
    {
        var (wideX, wideY) = (MemoryMarshal.Cast<double, Vector<double>>(x).Length, Vector<double>.Count);
        var vectorsX = MemoryMarshal.Cast<double, Vector<double>>(x);
        var vectorsY = MemoryMarshal.Cast<double, Vector<double>>(y);
        for (var index = 0; index < vectorsX.Length; index++)
        {
            var (a, b) = (vectorsX[index], vectorsY[index]);
            var sum = a + b;
            var fromB = sum - a;
            vectorsX[index] = sum;
            vectorsY[index] = a - (sum - fromB) + (b - fromB);
        }
        for (var index = wideX * wideY; index < x.Length; index++)
            (x[index], y[index]) = TwoSum(x[index], y[index]);
    }

    private static (double Sum, double Error) TwoSum(double a, double b)
    {
        var sum = a + b;
        var fromB = sum - a;
        return (sum, a - (sum - fromB) + (b - fromB));
    }

    /// <summary>
    /// The sum of numbers, rounded once to the nearest, of two that are equally near to the even one. The numbers become an expansion
    /// without overlaps, by J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997.
    /// </summary>
    internal static double Rounded(ReadOnlySpan<double> terms)
    {
        Span<double> expansion = stackalloc double[terms.Length];
        var count = 0;
        foreach (var term in terms)
        {
            var (carried, kept) = (term, 0);
            for (var index = 0; index < count; index++)
            {
                (carried, var rest) = TwoSum(carried, expansion[index]);
                if (rest != 0)
                    expansion[kept++] = rest;
            }
            expansion[kept++] = carried;
            count = kept;
        }
        // From the largest down, until something is left that does not fit.
        var (sum, left) = (expansion[--count], 0.0);
        while (count > 0 && left == 0)
            (sum, left) = TwoSum(sum, expansion[--count]);
        // Half a unit of the last place was rounded to even; what lies below decides in truth.
        if (count > 0 && left != 0 && left < 0 == expansion[count - 1] < 0)
        {
            var twice = 2 * left;
            var next = sum + twice;
            if (next - sum == twice)
                sum = next;
        }
        return sum;
    }
}
