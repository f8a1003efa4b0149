using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>A constant whose elements stay in a file, and are mapped into memory when they are asked for.</summary>
internal sealed class MappedConstant : Constant
{
    internal MappedConstant(WeightFile file, long offset, long length, TensorType type)
    {
        File = file;
        Offset = offset;
        Length = length;
        Type = type;
    }

    /// <summary>The file.</summary>
    public WeightFile File { get; }

    /// <summary>The full path of the file.</summary>
    public string Path => File.Path;

    /// <summary>Where the elements begin, in bytes.</summary>
    public long Offset { get; }

    /// <summary>The number of bytes.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public override TensorType Type { get; }

    /// <inheritdoc/>
    public override Tensor Read()
    {
        var decoder = new TensorDecoder(Type);
        File.Read(Offset, Length, decoder.Decode);
        return decoder.Tensor;
    }

    /// <inheritdoc/>
    public override Tensor Part(long start, int count)
    {
        if (Type.Element.Bits() < 8)
            return base.Part(start, count);
        var decoder = new TensorDecoder(Type with { Shape = TensorShape.Of(count) });
        File.Read(Offset + Type.Element.Bytes(start), Type.Element.Bytes(count), decoder.Decode);
        return decoder.Tensor;
    }

    /// <summary>Writes the bytes as they are.</summary>
    public void CopyTo(Stream stream) => File.Read(Offset, Length, (bytes, _) => stream.Write(bytes));
}
