using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>
/// The elements of a result, read where they lie: a copy of a large one in double would take longer than its check.
/// </summary>
internal sealed class ResultElements
{
    /// <summary>Elements of a block, which stay in the cache.</summary>
    private const int Block = 1 << 12;

    private readonly OrtValue? _floats;
    private readonly double[] _doubles = [];

    /// <summary>The elements of a floating-point tensor, which must live as long as this.</summary>
    public ResultElements(OrtValue tensor)
    {
        Shape = OrtTensors.Shape(tensor);
        if (tensor.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float)
            _floats = tensor;
        else
            _doubles = OrtTensors.Doubles(tensor);
        (Length, Largest, Typical) = Measured();
    }

    /// <summary>The elements of an array.</summary>
    public ResultElements(double[] values, long[] shape)
    {
        (_doubles, Shape) = (values, shape);
        (Length, Largest, Typical) = Measured();
    }

    /// <summary>The shape.</summary>
    public long[] Shape { get; }

    /// <summary>How many elements there are.</summary>
    public int Length { get; }

    /// <summary>The position of the first element of the largest size; -1 where there are none.</summary>
    public int Largest { get; }

    /// <summary>The root mean square of the elements.</summary>
    public double Typical { get; }

    /// <summary>The element at a position.</summary>
    public double this[long position] =>
        _floats is null ? _doubles[position] : _floats.GetTensorDataAsSpan<float>()[checked((int)position)];

    private (int Length, int Largest, double Typical) Measured() =>
        _floats is null ? Measured(_doubles) : Measured(_floats.GetTensorDataAsSpan<float>());

    // Plain loops, compiled at once: vectorized library code takes longer to compile than these take for small results.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Length, int Largest, double Typical) Measured(ReadOnlySpan<double> values)
    {
        var (largest, size, squares) = (-1, -1.0, 0.0);
        for (var index = 0; index < values.Length; index++)
        {
            var magnitude = Math.Abs(values[index]);
            squares += magnitude * magnitude;
            if (magnitude > size)
                (largest, size) = (index, magnitude);
        }
        return (values.Length, largest, Mean(squares, values.Length));
    }

    /// <summary>The same of float32, block by block, since a block whose elements are all smaller need not be searched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Length, int Largest, double Typical) Measured(ReadOnlySpan<float> values)
    {
        var (largest, size, squares) = (-1, -1f, 0.0);
        for (var start = 0; start < values.Length; start += Block)
        {
            var block = values[start..Math.Min(values.Length, start + Block)];
            var (most, sum) = OfBlock(block);
            squares += sum;
            // A block that holds NaN is searched in any case.
            if (most <= size && !double.IsNaN(sum))
                continue;
            for (var index = 0; index < block.Length; index++)
                if (Math.Abs(block[index]) > size)
                    (largest, size) = (start + index, Math.Abs(block[index]));
        }
        return (values.Length, largest, Mean(squares, values.Length));
    }

    /// <summary>The largest size of the elements of a block, and the sum of their squares in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Most, double Squares) OfBlock(ReadOnlySpan<float> block)
    {
        var (sizes, low, high) = (Vector<float>.Zero, Vector<double>.Zero, Vector<double>.Zero);
        var at = 0;
        for (; at <= block.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var elements = new Vector<float>(block[at..]);
            sizes = Vector.Max(sizes, Vector.Abs(elements));
            Vector.Widen(elements, out var first, out var second);
            low += first * first;
            high += second * second;
        }
        var (most, squares) = (0f, Vector.Sum(low + high));
        for (var lane = 0; lane < Vector<float>.Count; lane++)
            most = Math.Max(most, sizes[lane]);
        for (; at < block.Length; at++)
        {
            most = Math.Max(most, Math.Abs(block[at]));
            squares += (double)block[at] * block[at];
        }
        return (most, squares);
    }

    private static double Mean(double squares, int length) => length == 0 ? 0 : Math.Sqrt(squares / length);
}
