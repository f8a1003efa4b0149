using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxCurvature.Files;

/// <summary>Real numbers in memory: as float64, or as float32 where that holds the same numbers in half the space.</summary>
internal sealed class RealArray
{
    /// <summary>Readers take so many numbers at a time, beside which no copy of a large array is made.</summary>
    public const int BlockLength = 1 << 15;

    private readonly float[]? _singles;
    private readonly double[] _doubles = [];

    /// <summary>Numbers of float32, which are not copied.</summary>
    public RealArray(float[] singles) => _singles = singles;

    /// <summary>Numbers of float64, which are not copied.</summary>
    public RealArray(double[] doubles) => _doubles = doubles;

    /// <summary>The number of entries.</summary>
    public int Length => _singles?.Length ?? _doubles.Length;

    /// <summary>The bytes that they take.</summary>
    public long Bytes => (long)Length * (_singles is null ? sizeof(double) : sizeof(float));

    /// <summary>An entry.</summary>
    public double this[int index] => _singles is null ? _doubles[index] : _singles[index];

    /// <summary>Takes an array of float64 for what it is.</summary>
    public static implicit operator RealArray(double[] doubles) => new(doubles);

    /// <summary>Takes an immutable array for what it is.</summary>
    public static implicit operator RealArray(ImmutableArray<double> doubles) => new(ImmutableCollectionsMarshal.AsArray(doubles) ?? []);

    /// <summary>
    /// At most <see cref="BlockLength"/> entries from one on, up to an end: where they lie, or widened into a buffer of that length.
    /// </summary>
    public ReadOnlySpan<double> Block(int start, int end, Span<double> buffer)
    {
        var count = Math.Min(BlockLength, end - start);
        if (_singles is null)
            return _doubles.AsSpan(start, count);
        Widen(_singles.AsSpan(start, count), buffer);
        return buffer[..count];
    }

    /// <summary>Whether all of them are finite.</summary>
    public bool AreFinite() =>
        _singles is null
            ? !_doubles.AsSpan().ContainsAnyExceptInRange(double.MinValue, double.MaxValue)
            : !_singles.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue);

    /// <summary>√Σxᵢ² of the entries.</summary>
    public double Norm()
    {
        var (squares, buffer) = (0.0, Buffer());
        for (var start = 0; start < Length; start += BlockLength)
            squares += TensorPrimitives.SumOfSquares(Block(start, Length, buffer));
        return Math.Sqrt(squares);
    }

    /// <summary>The numbers as float64: the array that is there, or a new one.</summary>
    public double[] ToDoubles()
    {
        if (_singles is null)
            return _doubles;
        var doubles = new double[Length];
        Widen(_singles, doubles);
        return doubles;
    }

    /// <summary>The numbers, rounded to float32, in an array of their own.</summary>
    public float[] ToSingles() => _singles is null ? Array.ConvertAll(_doubles, value => (float)value) : [.. _singles];

    /// <summary>A buffer for <see cref="Block"/>, which float64 does not need.</summary>
    public double[] Buffer() => _singles is null ? [] : new double[Math.Min(BlockLength, Length)];

    /// <summary>A plain loop, compiled at once: the library's generic one runs a hundred times slower until it is compiled anew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ReadOnlySpan<float> singles, Span<double> doubles)
    {
        for (var index = 0; index < singles.Length; index++)
            doubles[index] = singles[index];
    }
}
