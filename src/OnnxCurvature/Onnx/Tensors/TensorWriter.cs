using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Turns constants into tensors of a file.</summary>
internal static class TensorWriter
{
    /// <summary>A tensor without its elements.</summary>
    public static TensorProto Header(string name, TensorType type)
    {
        var tensor = new TensorProto { DataType = (int)type.Element };
        tensor.Dims.AddRange(type.Shape.Sizes);
        if (name.Length > 0)
            tensor.Name = name;
        return tensor;
    }

    /// <summary>A tensor whose elements lie in another file.</summary>
    public static TensorProto External(string name, TensorType type, string location, long offset, long length)
    {
        var tensor = Header(name, type);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length.ToString(CultureInfo.InvariantCulture) });
        return tensor;
    }

    /// <summary>The number of raw bytes of a type; 0 for texts.</summary>
    public static long Bytes(TensorType type) => type.Element.Bytes(type.Shape.Elements.Factor);

    /// <summary>Writes the raw bytes of a constant.</summary>
    public static void WriteRaw(Constant constant, Stream stream)
    {
        if (constant is MappedConstant mapped)
            mapped.CopyTo(stream);
        else
            stream.Write(TensorEncoder.Encode(constant.Read()));
    }
}
