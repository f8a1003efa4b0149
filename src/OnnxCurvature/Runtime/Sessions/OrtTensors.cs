using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>Tensors in and out of ONNX Runtime.</summary>
internal static class OrtTensors
{
    /// <summary>
    /// A tensor over a copy of an array's bytes, converted to an element type. Data that this would harm are refused when they are bound.
    /// </summary>
    public static OrtValue Of(NpyArray array, ElementType element)
    {
        if (array.Element != element)
            array = NpyArray.Of(element, array.Shape, array.ToDoubles());
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            (Microsoft.ML.OnnxRuntime.Tensors.TensorElementType)element,
            array.Shape
        );
        array.Data.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    /// <summary>A tensor of the elements of a constant.</summary>
    public static OrtValue Of(Tensor tensor) =>
        Of(NpyArray.Of(tensor.Element, [.. tensor.Shape], tensor.CastTo(ElementType.Float64).Floats), tensor.Element);

    /// <summary>A tensor over a copy of the elements.</summary>
    public static OrtValue Copy(OrtValue tensor)
    {
        var type = tensor.GetTensorTypeAndShape();
        var copy = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type.ElementDataType, type.Shape);
        tensor.GetTensorMutableRawData().CopyTo(copy.GetTensorMutableRawData());
        return copy;
    }

    /// <summary>Adds a tensor of the same type to another, entry by entry: float32 or float64.</summary>
    public static void Add(OrtValue sum, OrtValue term)
    {
        if (sum.GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float)
            Add<float>(sum, term);
        else
            Add<double>(sum, term);
    }

    /// <summary>A 64-bit scalar.</summary>
    public static OrtValue Scalar(long number)
    {
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64,
            []
        );
        value.GetTensorMutableDataAsSpan<long>()[0] = number;
        return value;
    }

    /// <summary>A double scalar.</summary>
    public static OrtValue Scalar(double number)
    {
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double,
            []
        );
        value.GetTensorMutableDataAsSpan<double>()[0] = number;
        return value;
    }

    /// <summary>A tensor of double zeros.</summary>
    public static OrtValue Zeros(long[] shape)
    {
        var value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double,
            shape
        );
        Cleared(value);
        return value;
    }

    /// <summary>Fills a new tensor with zeros, in large pages where the system has them.</summary>
    private static unsafe void Cleared(OrtValue value)
    {
        var bytes = value.GetTensorMutableRawData();
        fixed (byte* start = bytes)
            HugePages.Ask((nint)start, bytes.Length);
        bytes.Clear();
    }

    /// <summary>The sizes of a tensor.</summary>
    public static long[] Shape(OrtValue value) => value.GetTensorTypeAndShape().Shape;

    /// <summary>The elements of a floating-point tensor.</summary>
    public static double[] Doubles(OrtValue value)
    {
        switch (value.GetTensorTypeAndShape().ElementDataType)
        {
            case Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double:
                return value.GetTensorDataAsSpan<double>().ToArray();
            case Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float:
                var floats = value.GetTensorDataAsSpan<float>();
                var doubles = new double[floats.Length];
                RealArray.Widen(floats, doubles);
                return doubles;
            case Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 or Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.BFloat16:
                var element = (ElementType)value.GetTensorTypeAndShape().ElementDataType;
                return new NpyArray(element, Shape(value), value.GetTensorMutableRawData().ToArray()).ToDoubles();
            default:
                throw new ArgumentException("The tensor holds no floating-point numbers.");
        }
    }

    /// <summary>The elements of a floating-point tensor from one on, as doubles.</summary>
    public static void Widen(OrtValue value, int start, Span<double> target)
    {
        var element = value.GetTensorTypeAndShape().ElementDataType;
        if (element == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double)
            value.GetTensorDataAsSpan<double>().Slice(start, target.Length).CopyTo(target);
        else if (element == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float)
            RealArray.Widen(value.GetTensorDataAsSpan<float>().Slice(start, target.Length), target);
        else
            Doubles(value).AsSpan(start, target.Length).CopyTo(target);
    }

    /// <summary>Whether every element is a finite number.</summary>
    public static bool IsFinite(OrtValue value) =>
        value.GetTensorTypeAndShape().ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => !value
                .GetTensorDataAsSpan<float>()
                .ContainsAnyExceptInRange(float.MinValue, float.MaxValue),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => !value
                .GetTensorDataAsSpan<double>()
                .ContainsAnyExceptInRange(double.MinValue, double.MaxValue),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16 or Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.BFloat16 =>
                Array.TrueForAll(Doubles(value), double.IsFinite),
            _ => true,
        };

    private static void Add<T>(OrtValue sum, OrtValue term)
        where T : unmanaged, IAdditionOperators<T, T, T>, IAdditiveIdentity<T, T>
    {
        var sums = sum.GetTensorMutableDataAsSpan<T>();
        System.Numerics.Tensors.TensorPrimitives.Add(sums, term.GetTensorDataAsSpan<T>(), sums);
    }
}
