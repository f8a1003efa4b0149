using System.Collections.Frozen;

namespace OnnxCurvature.Ir;

/// <summary>
/// Floating-point types of eight and four bits, as ONNX has them: what their codes mean, and how numbers are rounded to them. Numbers of
/// these types are held as doubles that are already rounded, since such a type is a rounding to few values and carries no derivative.
/// </summary>
internal static class NarrowFloats
{
    private static readonly FrozenDictionary<ElementType, Format> Formats = new Dictionary<ElementType, Format>
    {
        [ElementType.Float8E4M3FN] = new(Bits: 8, Mantissa: 3, Bias: 7, code => (code & 0x7F) == 0x7F ? double.NaN : null),
        [ElementType.Float8E4M3FNUZ] = new(Bits: 8, Mantissa: 3, Bias: 8, code => code == 0x80 ? double.NaN : null),
        [ElementType.Float8E5M2] = new(
            Bits: 8,
            Mantissa: 2,
            Bias: 15,
            code =>
                (code & 0x7F) switch
                {
                    0x7C => (code & 0x80) != 0 ? double.NegativeInfinity : double.PositiveInfinity,
                    > 0x7C => double.NaN,
                    _ => null,
                }
        ),
        [ElementType.Float8E5M2FNUZ] = new(Bits: 8, Mantissa: 2, Bias: 16, code => code == 0x80 ? double.NaN : null),
        [ElementType.Float4E2M1] = new(Bits: 4, Mantissa: 1, Bias: 1, _ => null),
    }.ToFrozenDictionary();

    /// <summary>Whether a type is one of these.</summary>
    public static bool IsNarrowFloat(this ElementType type) => Formats.ContainsKey(type) || type == ElementType.Float8E8M0;

    /// <summary>The number that a code stands for.</summary>
    public static double Decode(ElementType type, int code)
    {
        if (type != ElementType.Float8E8M0)
            return Formats[type].Values[code & Formats[type].Mask];
        return (code & 0xFF) == 0xFF ? double.NaN : Math.ScaleB(1, (code & 0xFF) - 127);
    }

    /// <summary>
    /// The code of the number of a type that is nearest, of two that are as near the one whose last bit is zero. A larger number than
    /// all becomes the largest one where it is to be <paramref name="saturated"/>, and else infinity, or not a number where the type has
    /// none. Powers of two (float8e8m0) are rounded up.
    /// </summary>
    public static int Encode(ElementType type, double value, bool saturated = true)
    {
        if (type == ElementType.Float8E8M0)
            return double.IsNaN(value)
                ? 0xFF
                : (int)Math.Clamp(Math.Ceiling(Math.Log2(Math.Max(Math.Abs(value), double.Epsilon))) + 127, 0, 0xFE);
        var format = Formats[type];
        if (double.IsNaN(value))
            return format.NotANumber;
        var sign = double.IsNegative(value) ? format.Sign : 0;
        var (size, finite) = (Math.Abs(value), format.Finite);
        var largest = Decode(type, finite);
        // Half a step above the largest number it would be rounded to the next one, if there were one.
        var half = (largest - Decode(type, finite - 1)) / 2;
        if (size > largest + half || size == largest + half && (finite & 1) != 0)
            return saturated || format.Bits == 4 ? sign | finite
                : type == ElementType.Float8E5M2 ? sign | finite + 1
                : format.NotANumber;
        var (low, high) = (0, finite);
        while (high - low > 1)
            (low, high) = Decode(type, (low + high) / 2) <= size ? ((low + high) / 2, high) : (low, (low + high) / 2);
        var (below, above) = (size - Decode(type, low), Decode(type, high) - size);
        var code = below < above || below == above && (low & 1) == 0 ? low : high;
        return code == 0 && format.HasOneZero ? 0 : sign | code;
    }

    /// <summary>A number rounded to a type.</summary>
    public static double Round(ElementType type, double value, bool saturated = true) => Decode(type, Encode(type, value, saturated));

    /// <summary>A sign, an exponent and a mantissa.</summary>
    /// <param name="Bits">Bits of a code.</param>
    /// <param name="Mantissa">Bits of the mantissa.</param>
    /// <param name="Bias">The number that is subtracted from an exponent.</param>
    /// <param name="Special">The meaning of a code that is not a finite number; null for others.</param>
    private sealed record Format(int Bits, int Mantissa, int Bias, Func<int, double?> Special)
    {
        private double[]? _values;

        public int Mask => (1 << Bits) - 1;

        public int Sign => 1 << Bits - 1;

        /// <summary>The codes that have no negative zero use its place for what is not a number.</summary>
        public bool HasOneZero => Special(Sign) is not null;

        public int NotANumber =>
            HasOneZero ? Sign
            : Bits == 8 ? 0x7F
            : Finite;

        /// <summary>The code of the largest finite number.</summary>
        public int Finite => Enumerable.Range(0, Sign).Last(code => Special(code) is null);

        public double[] Values => _values ??= [.. Enumerable.Range(0, Mask + 1).Select(ValueOf)];

        private double ValueOf(int code)
        {
            if (Special(code) is { } special)
                return special;
            var (exponent, fraction) = ((code & Sign - 1) >> Mantissa, code & (1 << Mantissa) - 1);
            var size =
                exponent == 0
                    ? Math.ScaleB(fraction, 1 - Bias - Mantissa)
                    : Math.ScaleB(fraction + (1 << Mantissa), exponent - Bias - Mantissa);
            return (code & Sign) != 0 ? -size : size;
        }
    }
}
