using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Turns the types of a file into ours.</summary>
internal static class TypeReader
{
    /// <summary>An element type, or null where it is not supported.</summary>
    public static ElementType? Element(int number) =>
        Enum.IsDefined((ElementType)number) && number != (int)ElementType.Undefined ? (ElementType)number : null;

    /// <summary>How messages call an element type that is not supported.</summary>
    public static string Name(int number) =>
        Enum.IsDefined((TensorProto.Types.DataType)number)
            ? ((TensorProto.Types.DataType)number).ToString().ToLowerInvariant()
            : $"number {number}";

    /// <summary>
    /// The type of a parameter. A dimension without a name is the symbol that <paramref name="unnamed"/> makes for its axis.
    /// Returns null and a reason where the file does not say a tensor type with a rank.
    /// </summary>
    public static TensorType? Read(TypeProto? type, Func<int, string> unnamed, IReadOnlyDictionary<string, long> sizes, out string reason)
    {
        reason = "";
        if (type?.ValueCase != TypeProto.ValueOneofCase.TensorType)
            reason = type?.ValueCase switch
            {
                null or TypeProto.ValueOneofCase.None => "has no type",
                TypeProto.ValueOneofCase.SequenceType => "is a sequence, and only tensors can be taken",
                TypeProto.ValueOneofCase.OptionalType => "is an optional value, and only tensors can be taken",
                _ => "is no tensor",
            };
        else if (Element(type.TensorType.ElemType) is not { } element)
            reason = $"has elements of type {Name(type.TensorType.ElemType)}, which is not supported";
        else if (type.TensorType.Shape is null)
            reason = "has no shape";
        else
            return new TensorType(element, [.. type.TensorType.Shape.Dim.Select((dim, axis) => Size(dim, axis, unnamed, sizes))]);
        return null;
    }

    private static Dim Size(
        TensorShapeProto.Types.Dimension dim,
        int axis,
        Func<int, string> unnamed,
        IReadOnlyDictionary<string, long> sizes
    )
    {
        if (dim is { ValueCase: TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue, DimValue: >= 0 })
            return dim.DimValue;
        var name = dim is { ValueCase: TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam, DimParam.Length: > 0 }
            ? dim.DimParam
            : unnamed(axis);
        return sizes.TryGetValue(name, out var size) ? size : Dim.Symbol(name);
    }
}
