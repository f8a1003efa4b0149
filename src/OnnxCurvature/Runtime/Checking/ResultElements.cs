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

    // Plain loops, compiled at once: vectorized library code takes longer to compile than these take.
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int Length, int Largest, double Typical) Measured(ReadOnlySpan<float> values)
    {
        var (largest, size, squares) = (-1, -1.0, 0.0);
        for (var index = 0; index < values.Length; index++)
        {
            var magnitude = Math.Abs((double)values[index]);
            squares += magnitude * magnitude;
            if (magnitude > size)
                (largest, size) = (index, magnitude);
        }
        return (values.Length, largest, Mean(squares, values.Length));
    }

    private static double Mean(double squares, int length) => length == 0 ? 0 : Math.Sqrt(squares / length);
}
