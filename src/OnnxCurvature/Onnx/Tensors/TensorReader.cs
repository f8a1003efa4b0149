using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Turns the tensors of a file into constants. All sizes are checked before anything is allocated.</summary>
/// <param name="path">The file, for messages and as the folder of external data.</param>
/// <param name="file">The model file whose large tensors stay where they are, or null where messages hold all elements.</param>
internal sealed class TensorReader(string path, ModelReader? file)
{
    private const long LargestTensor = 1L << 44;

    /// <summary>For the tensors of a model.</summary>
    public TensorReader(ModelReader file)
        : this(file.File.Path, file) { }

    /// <summary>
    /// The constant. Throws <see cref="UserErrorException"/> where the tensor is malformed or its element type is not supported.
    /// </summary>
    public Constant Read(TensorProto tensor)
    {
        var type = TypeOf(tensor);
        if (tensor.Segment is not null)
            throw Malformed(tensor, "is stored in segments, which are not supported");
        if (type.Element == ElementType.String)
            return tensor.StringData.Count == Count(type)
                ? new StringConstant(type, tensor)
                : throw Mismatch(tensor, type, tensor.StringData.Count);
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            var weight = ExternalData.Find(path, tensor, type);
            file?.ExternalFiles.Add(weight.Path);
            return weight;
        }
        if (file?.RangeOf(tensor) is { } range)
            return range.Length == Bytes(type)
                ? new MappedConstant(file.File, range.Offset, range.Length, type)
                : throw Malformed(tensor, $"holds {range.Length} bytes, but {type} needs {Bytes(type)}");
        if (tensor.HasRawData && (tensor.RawData.Length > 0 || Count(type) == 0))
        {
            if (tensor.RawData.Length != Bytes(type))
                throw Malformed(tensor, $"holds {tensor.RawData.Length} bytes, but {type} needs {Bytes(type)}");
            var decoder = new TensorDecoder(type);
            decoder.Decode(tensor.RawData.Span, 0);
            return new InlineConstant(decoder.Tensor);
        }
        return new InlineConstant(Typed(tensor, type));
    }

    /// <summary>The type of a tensor.</summary>
    public TensorType TypeOf(TensorProto tensor)
    {
        Int128 bytes = sizeof(double);
        foreach (var size in tensor.Dims)
            if (size < 0)
                throw Malformed(tensor, $"has the negative size {size}");
            else if ((bytes *= size) > LargestTensor)
                throw Malformed(tensor, $"has the shape [{string.Join(",", tensor.Dims)}], which is larger than any memory");
        return new TensorType(
            TypeReader.Element(tensor.DataType)
                ?? throw Malformed(tensor, $"has elements of type {TypeReader.Name(tensor.DataType)}, which is not supported"),
            TensorShape.Of(tensor.Dims)
        );
    }

    private Tensor Typed(TensorProto tensor, TensorType type)
    {
        var sizes = type.Shape.Sizes;
        switch (type.Element)
        {
            case ElementType.Float32:
                return Tensor.Of(type.Element, sizes, Floats(tensor.FloatData, value => value));
            case ElementType.Float64:
                return Tensor.Of(type.Element, sizes, Floats(tensor.DoubleData, value => value));
            case ElementType.Float16:
                return Tensor.Of(
                    type.Element,
                    sizes,
                    Floats(tensor.Int32Data, bits => (double)BitConverter.UInt16BitsToHalf((ushort)bits))
                );
            case ElementType.BFloat16:
                return Tensor.Of(
                    type.Element,
                    sizes,
                    Floats(tensor.Int32Data, bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16))
                );
            case >= ElementType.Float8E4M3FN and <= ElementType.Int2:
                // An entry of the list is a byte, with as many elements as it holds.
                if (tensor.Int32Data.Count != Bytes(type))
                    throw Mismatch(tensor, type, tensor.Int32Data.Count * 8 / type.Element.Bits());
                var decoder = new TensorDecoder(type);
                decoder.Decode([.. tensor.Int32Data.Select(value => (byte)value)], 0);
                return decoder.Tensor;
            case ElementType.Int64:
                return Tensor.Of(type.Element, sizes, Integers(tensor.Int64Data, value => value));
            case ElementType.UInt64 or ElementType.UInt32:
                return Tensor.Of(type.Element, sizes, Integers(tensor.Uint64Data, value => unchecked((long)value)));
            default:
                return Tensor.Of(type.Element, sizes, Integers(tensor.Int32Data, value => (long)value));
        }

        double[] Floats<T>(IReadOnlyCollection<T> elements, Func<T, double> convert) => Filled(elements).Select(convert).ToArray();

        long[] Integers<T>(IReadOnlyCollection<T> elements, Func<T, long> convert) => Filled(elements).Select(convert).ToArray();

        IReadOnlyCollection<T> Filled<T>(IReadOnlyCollection<T> elements) =>
            elements.Count == Count(type) ? elements : throw Mismatch(tensor, type, elements.Count);
    }

    private static long Count(TensorType type) => type.Shape.Elements.Factor;

    private static long Bytes(TensorType type) => type.Element.Bytes(Count(type));

    private UserErrorException Mismatch(TensorProto tensor, TensorType type, int count) =>
        Malformed(tensor, $"holds {count} elements, but {type} needs {Count(type)}");

    private UserErrorException Malformed(TensorProto tensor, string what) => new($"The tensor '{tensor.Name}' in '{path}' {what}.");
}
