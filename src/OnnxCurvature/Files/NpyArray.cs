using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>An array as NumPy's files hold it, in memory or still in its files.</summary>
/// <param name="Element">The element type; one that NumPy has, thus neither bfloat16 nor a string.</param>
/// <param name="Shape">The sizes, outermost first; empty for a scalar.</param>
/// <param name="Data">The elements, row-major and little-endian; booleans are one byte, 0 or 1. At most about 2 GiB. Those of an array that
/// is still in its file are read each time.</param>
/// <exception cref="ArgumentException">The bytes do not fill the shape, or the element type has none.</exception>
internal sealed record NpyArray(ElementType Element, long[] Shape, byte[] Data)
{
    private const long BlockBytes = 1 << 22;

    /// <summary>The sizes, outermost first; empty for a scalar.</summary>
    public long[] Shape { get; } = Checked(Element, Shape, Data);

    private readonly byte[] _data = Data;
    private readonly IArraySource? _source;

    /// <summary>Elements of which parts are read when they are needed.</summary>
    internal NpyArray(IArraySource source)
        : this(source.Element, [0], []) => (Shape, _source) = ([.. source.Shape], source);

    /// <summary>Whether the elements are in memory.</summary>
    internal bool IsInMemory => _source is null;

    /// <summary>Whether an element may be NaN.</summary>
    internal bool MayHoldNaN => _source?.MayHoldNaN ?? Element.IsFloat();

    /// <summary>The elements, row-major and little-endian.</summary>
    public byte[] Data => _source?.ReadAll().Data ?? _data;

    /// <summary>The number of elements.</summary>
    public long Count => CountOf(Shape);

    /// <summary>
    /// An array of the given elements, each rounded to the nearest value of a floating-point type, or truncated and clamped to the
    /// range of an integer type (NaN gives 0); a boolean is true where the value is not 0.
    /// </summary>
    public static NpyArray Of(ElementType element, long[] shape, double[] values)
    {
        var count = CountOf(shape);
        if (count != values.Length)
            throw new ArgumentException($"{values.Length} elements do not fill the shape [{string.Join(",", shape)}].");
        var data = new byte[checked(count * element.Size())];
        Encode(element, values, data);
        return new NpyArray(element, shape, data);
    }

    /// <summary>The elements as doubles; 64-bit integers beyond 2⁵³ are rounded.</summary>
    public double[] ToDoubles()
    {
        var values = new double[Count];
        switch (Element)
        {
            case ElementType.Float64:
                Widen<double>(values);
                break;
            case ElementType.Float32:
                Widen<float>(values);
                break;
            case ElementType.Float16:
                Widen<Half>(values);
                break;
            case ElementType.BFloat16:
                var codes = MemoryMarshal.Cast<byte, ushort>(Data);
                for (var i = 0; i < values.Length; i++)
                    values[i] = BrainFloat.Decode(codes[i]);
                break;
            case ElementType.Int64:
                Widen<long>(values);
                break;
            case ElementType.Int32:
                Widen<int>(values);
                break;
            case ElementType.Int16:
                Widen<short>(values);
                break;
            case ElementType.Int8:
                Widen<sbyte>(values);
                break;
            case ElementType.UInt64:
                Widen<ulong>(values);
                break;
            case ElementType.UInt32:
                Widen<uint>(values);
                break;
            case ElementType.UInt16:
                Widen<ushort>(values);
                break;
            case ElementType.UInt8 or ElementType.Bool:
                Widen<byte>(values);
                break;
            default:
                throw NoNumbers(Element);
        }
        return values;
    }

    /// <summary>
    /// The elements as 64-bit integers. Throws <see cref="UserErrorException"/> for an element that is none: a fraction, NaN, or a
    /// number out of range.
    /// </summary>
    public long[] ToInt64s()
    {
        if (Element == ElementType.Int64)
            return MemoryMarshal.Cast<byte, long>(Data).ToArray();
        if (Element == ElementType.UInt64)
            return Array.ConvertAll(
                MemoryMarshal.Cast<byte, ulong>(Data).ToArray(),
                value => value <= long.MaxValue ? (long)value : throw NoInteger($"{value}")
            );
        return Array.ConvertAll(
            ToDoubles(),
            value =>
                value is >= long.MinValue and < -(double)long.MinValue && value == Math.Truncate(value)
                    ? (long)value
                    : throw NoInteger($"{value:R}")
        );
    }

    /// <summary>The slice [start, end) of an axis, copied. Throws <see cref="ArgumentOutOfRangeException"/> outside of the axis.</summary>
    public NpyArray Slice(int axis, long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, Shape.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Shape[axis]);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, end);
        if (_source is not null)
            return _source.ReadSlice(axis, start, end);
        // Between one position of the axis and the next, and between one run of the axis and the next.
        var step = CountOf(Shape.AsSpan(axis + 1)) * Element.Size();
        var run = step * Shape[axis];
        var (offset, length) = ((int)(step * start), (int)(step * (end - start)));
        long[] shape = [.. Shape];
        shape[axis] = end - start;
        var data = new byte[run == 0 ? 0 : Data.Length / run * length];
        for (var (from, to) = (0, 0); to < data.Length; from += (int)run, to += length)
            Data.AsSpan(from + offset, length).CopyTo(data.AsSpan(to));
        return new NpyArray(Element, shape, data);
    }

    /// <summary>
    /// The array in slices along an axis, each of as many positions as make about <see cref="BlockBytes"/>, with the first position.
    /// </summary>
    internal IEnumerable<(long Start, NpyArray Block)> Blocks(int axis)
    {
        var count = Math.Clamp(Shape[axis], 1, Math.Max(1, BlockBytes / Math.Max(1, Count / Math.Max(1, Shape[axis]) * Element.Size())));
        for (long start = 0; start < Shape[axis]; start += count)
            yield return (start, Slice(axis, start, Math.Min(Shape[axis], start + count)));
    }

    /// <summary>The elements with their positions; of an array that is not in memory a block is read at a time.</summary>
    internal IEnumerable<(long Position, double Element)> Elements()
    {
        var blocks = Shape.Length == 0 ? [(0, this)] : Blocks(0);
        var inner = Shape.Length == 0 ? 1 : CountOf(Shape.AsSpan(1));
        foreach (var (start, block) in blocks)
        foreach (var (index, element) in block.ToDoubles().Index())
            yield return (start * inner + index, element);
    }

    /// <summary>The same elements in a shape that has other axes of size one.</summary>
    internal NpyArray Reshaped(long[] shape) =>
        _source is null ? new NpyArray(Element, shape, Data) : new NpyArray(new ReshapedArray(this, shape));

    private static long[] Checked(ElementType element, long[] shape, byte[] data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        if (element is ElementType.String or ElementType.Undefined || !Enum.IsDefined(element))
            throw new ArgumentException($"An array cannot hold elements of type {element}.", nameof(element));
        if (shape.Any(size => size < 0) || element.Bytes(CountOf(shape)) != data.Length)
            throw new ArgumentException(
                $"{data.Length} bytes do not fill the shape [{string.Join(",", shape)}] of {element.DisplayName()}.",
                nameof(data)
            );
        return shape;
    }

    /// <summary>Writes elements in the bytes of a type; as <see cref="Of"/> rounds them.</summary>
    internal static void Encode(ElementType element, ReadOnlySpan<double> values, Span<byte> data)
    {
        switch (element)
        {
            case ElementType.Float64:
                values.CopyTo(MemoryMarshal.Cast<byte, double>(data));
                break;
            case ElementType.Float32:
                Narrow<float>(values, data);
                break;
            case ElementType.Float16:
                Narrow<Half>(values, data);
                break;
            case ElementType.BFloat16:
                var codes = MemoryMarshal.Cast<byte, ushort>(data);
                for (var i = 0; i < values.Length; i++)
                    codes[i] = BrainFloat.Encode((float)values[i]);
                break;
            case ElementType.Int64:
                Narrow<long>(values, data);
                break;
            case ElementType.Int32:
                Narrow<int>(values, data);
                break;
            case ElementType.Int16:
                Narrow<short>(values, data);
                break;
            case ElementType.Int8:
                Narrow<sbyte>(values, data);
                break;
            case ElementType.UInt64:
                Narrow<ulong>(values, data);
                break;
            case ElementType.UInt32:
                Narrow<uint>(values, data);
                break;
            case ElementType.UInt16:
                Narrow<ushort>(values, data);
                break;
            case ElementType.UInt8:
                Narrow<byte>(values, data);
                break;
            case ElementType.Bool:
                for (var i = 0; i < values.Length; i++)
                    data[i] = values[i] != 0 ? (byte)1 : (byte)0;
                break;
            default:
                throw NoNumbers(element);
        }
    }

    /// <summary>The number of elements of a shape. Throws <see cref="OverflowException"/> beyond 2⁶³.</summary>
    internal static long CountOf(ReadOnlySpan<long> shape)
    {
        // A zero anywhere makes the array empty, however large the other sizes are.
        if (shape.Contains(0))
            return 0;
        long count = 1;
        foreach (var size in shape)
            count = checked(count * size);
        return count;
    }

    // Saturating, so that what is out of range does not wrap round.
    private static void Narrow<T>(ReadOnlySpan<double> values, Span<byte> data)
        where T : unmanaged, INumberBase<T> => TensorPrimitives.ConvertSaturating<double, T>(values, MemoryMarshal.Cast<byte, T>(data));

    private void Widen<T>(Span<double> values)
        where T : unmanaged, INumberBase<T> => TensorPrimitives.ConvertSaturating<T, double>(MemoryMarshal.Cast<byte, T>(Data), values);

    private static ArgumentException NoNumbers(ElementType element) => new($"An array of {element.DisplayName()} holds no numbers.");

    private static UserErrorException NoInteger(string value) =>
        new(FormattableString.Invariant($"An array holds {value} where integers are needed; save integers, for instance as int64."));
}
