using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>The ranges of integer types by their widths.</summary>
internal static class Integers
{
    /// <summary>The integer of a type that has the low bits of a number.</summary>
    public static long Wrap(ElementType element, long value) =>
        element switch
        {
            ElementType.Int8 => unchecked((sbyte)value),
            ElementType.UInt8 => unchecked((byte)value),
            ElementType.Int16 => unchecked((short)value),
            ElementType.UInt16 => unchecked((ushort)value),
            ElementType.Int32 => unchecked((int)value),
            ElementType.UInt32 => unchecked((uint)value),
            ElementType.Int4 => ((value & 0xF) ^ 8) - 8,
            ElementType.UInt4 => value & 0xF,
            ElementType.Int2 => ((value & 3) ^ 2) - 2,
            ElementType.UInt2 => value & 3,
            _ => value,
        };

    /// <summary>The quotient towards zero. Throws <see cref="UnsupportedOperatorException"/> for a division by zero.</summary>
    public static long Quotient(long a, long b) =>
        b switch
        {
            0 => throw new UnsupportedOperatorException("an integer is divided by zero."),
            -1 => unchecked(-a),
            _ => a / b,
        };

    /// <summary>The remainder of <see cref="Quotient"/>, which has the sign of a.</summary>
    public static long Remainder(long a, long b) => unchecked(a - Quotient(a, b) * b);

    /// <summary>The least and the greatest integer of a type of at most 32 bits.</summary>
    public static (long Least, long Greatest) Bounds(ElementType element) =>
        element switch
        {
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.UInt8 => (byte.MinValue, byte.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            ElementType.UInt16 => (ushort.MinValue, ushort.MaxValue),
            ElementType.Int32 => (int.MinValue, int.MaxValue),
            ElementType.UInt32 => (uint.MinValue, uint.MaxValue),
            ElementType.Int4 => (-8, 7),
            ElementType.UInt4 => (0, 15),
            ElementType.Int2 => (-2, 1),
            ElementType.UInt2 => (0, 3),
            _ => throw new UnsupportedOperatorException($"integers of type {element.DisplayName()} are not quantized to."),
        };
}
