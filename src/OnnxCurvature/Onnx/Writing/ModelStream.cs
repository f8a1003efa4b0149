using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// An initializer as it is written: its message, and the constant whose raw bytes follow, or null where they lie elsewhere.
/// </summary>
internal readonly record struct Initializer(TensorProto Header, Constant? Raw)
{
    /// <summary>The number of bytes of the message with its raw data.</summary>
    public long Size => Header.CalculateSize() + (Raw is null ? 0 : 1 + CodedOutputStream.ComputeLengthSize((int)RawSize) + RawSize);

    /// <summary>The number of raw bytes.</summary>
    public long RawSize => Raw is null ? 0 : TensorWriter.Bytes(Raw.Type);
}

/// <summary>Writes a model so that the elements of its weights pass through one by one and never lie in memory together.</summary>
internal static class ModelStream
{
    /// <summary>
    /// Writes a model whose graph has these initializers besides what it holds. Throws <see cref="UserErrorException"/> at 2 GiB.
    /// </summary>
    public static void Write(Stream stream, ModelProto model, GraphProto graph, IReadOnlyList<Initializer> initializers)
    {
        long size = graph.CalculateSize();
        foreach (var initializer in initializers)
        {
            if (initializer.RawSize > int.MaxValue || size > int.MaxValue)
                break;
            size += 1 + CodedOutputStream.ComputeLengthSize((int)initializer.Size) + initializer.Size;
        }
        if (size + model.CalculateSize() + 16 > int.MaxValue)
            throw new UserErrorException(
                "The model with its weights is larger than 2 GiB, which no ONNX file can be; place the weights beside it."
            );
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        model.WriteTo(output);
        output.WriteTag(ModelProto.GraphFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteLength((int)size);
        graph.WriteTo(output);
        foreach (var initializer in initializers)
        {
            output.WriteTag(GraphProto.InitializerFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteLength((int)initializer.Size);
            initializer.Header.WriteTo(output);
            if (initializer.Raw is not { } raw)
                continue;
            output.WriteTag(TensorProto.RawDataFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteLength((int)initializer.RawSize);
            output.Flush();
            TensorWriter.WriteRaw(raw, stream);
        }
    }
}
