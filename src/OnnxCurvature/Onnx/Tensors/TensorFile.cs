using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Reads and writes a single tensor in a file, as ONNX's test data have them: <c>input_0.pb</c>.</summary>
internal static class TensorFile
{
    /// <summary>
    /// Reads a tensor. Throws <see cref="UserErrorException"/> for a file that is not there, is no tensor, or holds one of a type
    /// that NumPy lacks.
    /// </summary>
    public static NpyArray Read(string path)
    {
        TensorProto proto;
        try
        {
            using var stream = UserFile.OpenRead(path);
            proto = TensorProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new UserErrorException($"'{path}' is no tensor or is cut off: {exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}.");
        }
        if (proto.DataType == 0 || proto.DataLocation == TensorProto.Types.DataLocation.External)
            throw new UserErrorException(
                $"'{path}' holds {(proto.DataType == 0 ? "no tensor" : "a tensor whose elements are in another file")}; give a "
                    + $"TensorProto with its elements, or a .npy file."
            );
        if (TypeReader.Element(proto.DataType) is ElementType.String or >= ElementType.Float8E4M3FN)
            throw new UserErrorException(
                $"'{path}' holds elements of type {TypeReader.Name(proto.DataType)}, which cannot be taken as data; convert them."
            );
        var tensor = new TensorReader(path, null).Read(proto).Read();
        return tensor.Element.IsFloat() ? NpyArray.Of(tensor.Element, [.. tensor.Shape], tensor.Floats) : OfIntegers(tensor);
    }

    // Not by way of doubles, which hold 64-bit integers only up to 2⁵³.
    private static NpyArray OfIntegers(Tensor tensor)
    {
        var size = tensor.Element.Size();
        var data = new byte[checked(tensor.Count * size)];
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        for (var position = 0; position < tensor.Count; position++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(
                bytes,
                tensor.Element == ElementType.Bool ? (tensor.Integers[position] != 0 ? 1 : 0) : tensor.Integers[position]
            );
            bytes[..size].CopyTo(data.AsSpan(position * size));
        }
        return new NpyArray(tensor.Element, [.. tensor.Shape], data);
    }

    /// <summary>Writes a tensor with its name. Throws <see cref="UserErrorException"/> where the path cannot be written.</summary>
    public static void Write(string path, string name, Tensor tensor)
    {
        var proto = TensorWriter.Header(name, tensor.Type);
        proto.RawData = ByteString.CopyFrom(TensorEncoder.Encode(tensor));
        AtomicFile.Write(path, proto.WriteTo);
    }
}
