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

    /// <summary>8 bits: 4 of exponent, 3 of mantissa, without infinities.</summary>
    Float8E4M3FN = 17,

    /// <summary>The same with one zero.</summary>
    Float8E4M3FNUZ = 18,

    /// <summary>8 bits: 5 of exponent, 2 of mantissa.</summary>
    Float8E5M2 = 19,

    /// <summary>The same without infinities, with one zero.</summary>
    Float8E5M2FNUZ = 20,

    /// <summary>Unsigned, 4 bits, two in a byte.</summary>
    UInt4 = 21,

    /// <summary>Signed, 4 bits, two in a byte.</summary>
    Int4 = 22,

    /// <summary>4 bits: 2 of exponent, 1 of mantissa; two in a byte.</summary>
    Float4E2M1 = 23,

    /// <summary>8 bits: a power of two.</summary>
    Float8E8M0 = 24,

    /// <summary>Unsigned, 2 bits, four in a byte.</summary>
    UInt2 = 25,

    /// <summary>Signed, 2 bits, four in a byte.</summary>
    Int2 = 26,
}

/// <summary>Facts about element types.</summary>
internal static class ElementTypes
{
    /// <summary>Whether values of this type can carry a derivative.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16;

    /// <summary>
    /// The largest relative error of rounding to a type that can carry a derivative: half the distance from 1 to the next number.
    /// </summary>
    public static double UnitRoundoff(this ElementType type) =>
        type switch
        {
            ElementType.Float64 => 1.0 / (1L << 53),
            ElementType.Float32 => 1.0 / (1L << 24),
            ElementType.Float16 => 1.0 / (1L << 11),
            ElementType.BFloat16 => 1.0 / (1L << 8),
            _ => throw new ArgumentException($"{type.DisplayName()} carries no derivative.", nameof(type)),
        };

    /// <summary>Whether elements are numbers with a fraction, which a <see cref="Tensor"/> holds as doubles.</summary>
    public static bool HoldsFloats(this ElementType type) => type.IsFloat() || type.IsNarrowFloat();

    /// <summary>Bits of one element; 0 where the size is not fixed (strings) or not known.</summary>
    public static int Bits(this ElementType type) =>
        type switch
        {
            ElementType.UInt2 or ElementType.Int2 => 2,
            ElementType.UInt4 or ElementType.Int4 or ElementType.Float4E2M1 => 4,
            _ => 8 * type.Size(),
        };

    /// <summary>Bytes of so many elements in a row; the last one is filled up where an element has less than a byte.</summary>
    public static long Bytes(this ElementType type, long count) =>
        type.Bits() is < 8 and > 0 and var bits ? checked(count * bits + 7) / 8 : checked(count * type.Size());

    /// <summary>The lowest opset that knows a type.</summary>
    public static int MinimumOpset(this ElementType type) =>
        type switch
        {
            ElementType.UInt2 or ElementType.Int2 => 25,
            ElementType.Float8E8M0 => 24,
            ElementType.Float4E2M1 => 23,
            ElementType.UInt4 or ElementType.Int4 => 21,
            _ => type.IsNarrowFloat() ? 19 : 1,
        };

    /// <summary>Bytes of one element by itself; 0 where the size is not fixed (strings) or not known.</summary>
    public static int Size(this ElementType type) =>
        type switch
        {
            ElementType.UInt8 or ElementType.Int8 or ElementType.Bool or >= ElementType.Float8E4M3FN and <= ElementType.Int2 => 1,
            ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
            ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
            ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
            _ => 0,
        };

    /// <summary>The name that messages and listings use, for instance <c>float32</c>.</summary>
    public static string DisplayName(this ElementType type) => type.ToString().ToLowerInvariant();
}
