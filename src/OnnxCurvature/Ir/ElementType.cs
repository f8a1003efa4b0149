namespace OnnxCurvature.Ir;

/// <summary>The element types of tensors; the numbers are those of ONNX's <c>TensorProto.DataType</c>.</summary>
public enum ElementType
{
    /// <summary>No type known.</summary>
    Undefined = 0,
    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 1,
    /// <summary>Unsigned, 8 bits.</summary>
    UInt8 = 2,
    /// <summary>Signed, 8 bits.</summary>
    Int8 = 3,
    /// <summary>Unsigned, 16 bits.</summary>
    UInt16 = 4,
    /// <summary>Signed, 16 bits.</summary>
    Int16 = 5,
    /// <summary>Signed, 32 bits.</summary>
    Int32 = 6,
    /// <summary>Signed, 64 bits.</summary>
    Int64 = 7,
    /// <summary>UTF-8 strings.</summary>
    String = 8,
    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,
    /// <summary>IEEE 754 binary16.</summary>
    Float16 = 10,
    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 11,
    /// <summary>Unsigned, 32 bits.</summary>
    UInt32 = 12,
    /// <summary>Unsigned, 64 bits.</summary>
    UInt64 = 13,
    /// <summary>The upper half of a binary32.</summary>
    BFloat16 = 16,
}

/// <summary>Facts about element types.</summary>
public static class ElementTypes
{
    /// <summary>Whether values of this type can carry a derivative.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;

    /// <summary>Bytes of one element; 0 where the size is not fixed (strings) or not known.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        _ => 0,
    };

    /// <summary>The name that messages and listings use, for instance <c>float32</c>.</summary>
    public static string DisplayName(this ElementType type) => type.ToString().ToLowerInvariant();
}
