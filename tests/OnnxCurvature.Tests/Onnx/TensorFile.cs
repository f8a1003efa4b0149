using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Tensors in files and of ONNX Runtime.</summary>
internal static class TensorFile
{
    /// <summary>A tensor with raw or typed data, as the published tests hold it.</summary>
    public static OrtValue Read(string path)
    {
        var proto = TensorProto.Parser.ParseFrom(File.ReadAllBytes(path));
        var element = (ElementType)proto.DataType;
        if (!Enum.IsDefined(element) || element.Size() == 0)
            throw new NotSupportedException();
        var bytes = proto.HasRawData ? proto.RawData.ToByteArray() : OnnxCurvature.Onnx.Tensors.TensorEncoder.Encode(Typed(proto, element));
        return Of(bytes, (TensorElementType)proto.DataType, [.. proto.Dims]);
    }

    /// <summary>Zeros for an input, with ones for sizes that are not known.</summary>
    public static OrtValue Zeros(NodeMetadata input)
    {
        if (input.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || ((ElementType)input.ElementDataType).Size() == 0)
            throw new NotSupportedException();
        long[] shape = [.. input.Dimensions.Select(size => size < 0 ? 1L : size)];
        return Of(
            new byte[shape.Aggregate(1L, (a, b) => a * b) * ((ElementType)input.ElementDataType).Size()],
            input.ElementDataType,
            shape
        );
    }

    /// <summary>Null where all tensors agree in type, shape and bytes, else the first difference.</summary>
    public static string? Same(IReadOnlyList<OrtValue> expected, IReadOnlyList<OrtValue> actual)
    {
        for (var index = 0; index < expected.Count; index++)
        {
            if (expected[index].OnnxType != OnnxValueType.ONNX_TYPE_TENSOR)
                throw new NotSupportedException();
            var (a, b) = (expected[index].GetTensorTypeAndShape(), actual[index].GetTensorTypeAndShape());
            if (a.ElementDataType != b.ElementDataType || !a.Shape.SequenceEqual(b.Shape))
                return $"output {index} is {b.ElementDataType}[{string.Join(",", b.Shape)}] and not "
                    + $"{a.ElementDataType}[{string.Join(",", a.Shape)}]";
            if (((ElementType)a.ElementDataType).Size() == 0)
                throw new NotSupportedException();
            if (!expected[index].GetTensorMutableRawData().SequenceEqual(actual[index].GetTensorMutableRawData()))
                return $"output {index} has other elements";
        }
        return null;
    }

    private static OrtValue Of(byte[] bytes, TensorElementType element, long[] shape)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, element, shape);
        bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static OnnxCurvature.Ir.Tensor Typed(TensorProto proto, ElementType element) =>
        element switch
        {
            ElementType.Float32 => OnnxCurvature.Ir.Tensor.Of(
                element,
                [.. proto.Dims],
                [.. proto.FloatData.Select(value => (double)value)]
            ),
            ElementType.Float64 => OnnxCurvature.Ir.Tensor.Of(element, [.. proto.Dims], [.. proto.DoubleData]),
            ElementType.Int64 => OnnxCurvature.Ir.Tensor.Of(element, [.. proto.Dims], [.. proto.Int64Data]),
            _ => OnnxCurvature.Ir.Tensor.Of(element, [.. proto.Dims], [.. proto.Int32Data.Select(value => (long)value)]),
        };
}
