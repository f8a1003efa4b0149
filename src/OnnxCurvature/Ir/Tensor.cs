using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace OnnxCurvature.Ir;

/// <summary>
/// A tensor in managed memory, row-major, for constant folding and as the oracle of tests. Floating-point elements of every
/// width are held as doubles and are not rounded to their type; integers and booleans are held as 64-bit integers.
/// </summary>
internal sealed class Tensor
{
    private readonly double[]? _floats;
    private readonly long[]? _integers;

    private Tensor(ElementType element, ImmutableArray<long> shape, double[]? floats, long[]? integers)
    {
        Element = element;
        Shape = shape;
        _floats = floats;
        _integers = integers;
        long count = 1;
        foreach (var size in shape)
            count = checked(count * size);
        if (count != (floats?.Length ?? integers!.Length))
            throw new ArgumentException(
                $"{floats?.Length ?? integers!.Length} elements do not fill the shape [{string.Join(",", shape)}]."
            );
    }

    /// <summary>The element type that the values stand for.</summary>
    public ElementType Element { get; }

    /// <summary>The sizes, outermost first.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The number of dimensions.</summary>
    public int Rank => Shape.Length;

    /// <summary>The number of elements.</summary>
    public int Count => _floats?.Length ?? _integers!.Length;

    /// <summary>The type of this tensor.</summary>
    internal TensorType Type => new(Element, TensorShape.Of(Shape));

    /// <summary>The elements of a floating-point tensor.</summary>
    public double[] Floats =>
        _floats ?? throw new InvalidOperationException($"A tensor of {Element.DisplayName()} holds no floating-point elements.");

    /// <summary>The elements of an integer or boolean tensor.</summary>
    public long[] Integers => _integers ?? throw new InvalidOperationException($"A tensor of {Element.DisplayName()} holds no integers.");

    /// <summary>A floating-point tensor over the given elements, which are not copied.</summary>
    public static Tensor Of(ElementType element, ReadOnlySpan<long> shape, double[] elements) => new(element, [.. shape], elements, null);

    /// <summary>An integer or boolean tensor over the given elements, which are not copied.</summary>
    public static Tensor Of(ElementType element, ReadOnlySpan<long> shape, long[] elements) => new(element, [.. shape], null, elements);

    /// <summary>A float64 tensor.</summary>
    public static Tensor Of(ReadOnlySpan<long> shape, double[] elements) => Of(ElementType.Float64, shape, elements);

    /// <summary>A float64 tensor of the elements of one of .NET, which are copied.</summary>
    public static Tensor Of(Tensor<double> tensor)
    {
        var elements = new double[checked((int)tensor.FlattenedLength)];
        tensor.FlattenTo(elements);
        return Of([.. tensor.Lengths.ToArray().Select(length => (long)length)], elements);
    }

    /// <summary>The elements as a tensor of .NET, which are copied.</summary>
    public Tensor<double> ToNumbers() =>
        System.Numerics.Tensors.Tensor.Create((double[])[.. Enumerable.Range(0, Count).Select(At)], [.. Shape.Select(size => (nint)size)]);

    /// <summary>A vector of 64-bit integers.</summary>
    public static Tensor Vector(params ReadOnlySpan<long> elements) => Of(ElementType.Int64, [elements.Length], elements.ToArray());

    /// <summary>A scalar of any numeric type.</summary>
    public static Tensor Scalar(ElementType element, double value) =>
        element.HoldsFloats() ? Of(element, [], [value]) : Of(element, [], [unchecked((long)value)]);

    /// <summary>A tensor in which all elements are the same.</summary>
    public static Tensor Filled(ElementType element, ReadOnlySpan<long> shape, double value)
    {
        long count = 1;
        foreach (var size in shape)
            count = checked(count * size);
        if (element.HoldsFloats())
        {
            var floats = new double[count];
            Array.Fill(floats, value);
            return Of(element, shape, floats);
        }
        var integers = new long[count];
        Array.Fill(integers, unchecked((long)value));
        return Of(element, shape, integers);
    }

    /// <summary>The element at a flat position, as a double whatever the type.</summary>
    public double At(int index) => _floats is { } floats ? floats[index] : _integers![index];

    /// <summary>The same elements in another shape. Throws <see cref="ShapeException"/> where that is not one of as many.</summary>
    public Tensor Reshaped(ReadOnlySpan<long> shape)
    {
        var elements = TensorShape.Of(shape.ToArray()).Elements;
        return elements == Count
            ? new Tensor(Element, [.. shape], _floats, _integers)
            : throw new ShapeException($"{Count} elements do not fill a shape of {elements}");
    }

    /// <summary>
    /// The elements gathered by flat positions, in a new shape. Throws <see cref="ShapeException"/> for a position that is outside.
    /// </summary>
    internal Tensor Gather(ReadOnlySpan<long> shape, int[] positions)
    {
        foreach (var position in positions)
            if (position < 0 || position >= Count)
                throw new ShapeException($"the position {position} is outside of {Type}");
        return _floats is { } floats
            ? Of(Element, shape, Array.ConvertAll(positions, position => floats[position]))
            : Of(Element, shape, Array.ConvertAll(positions, position => _integers![position]));
    }

    /// <summary>
    /// The elements converted to another type; floats become integers by truncation, integers of less than a byte by rounding, of which the
    /// low bits are kept, and booleans by comparison with zero. Numbers too large for a narrow float become the largest one where they are
    /// to be <paramref name="saturated"/>.
    /// </summary>
    public Tensor CastTo(ElementType element, bool saturated = true)
    {
        if (element == Element)
            return this;
        if (element.IsNarrowFloat())
            return Of(
                element,
                Shape.AsSpan(),
                [.. Enumerable.Range(0, Count).Select(index => NarrowFloats.Round(element, At(index), saturated))]
            );
        if (element.Bits() is < 8 and > 0 and var bits)
        {
            var least = element is ElementType.Int4 or ElementType.Int2 ? -(1L << bits - 1) : 0;
            var mask = (1L << bits) - 1;
            var whole = _floats is { } numbers
                ? Array.ConvertAll(numbers, value => unchecked((long)Math.Round(value, MidpointRounding.ToEven)))
                : _integers!;
            return Of(element, Shape.AsSpan(), Array.ConvertAll(whole, value => ((value & mask) ^ -least) + least));
        }
        if (element.IsFloat())
            return Of(element, Shape.AsSpan(), _floats ?? Array.ConvertAll(_integers!, value => (double)value));
        if (element == ElementType.Bool)
            return Of(
                element,
                Shape.AsSpan(),
                _floats is { } values
                    ? Array.ConvertAll(values, value => value != 0 ? 1L : 0L)
                    : Array.ConvertAll(_integers!, value => value != 0 ? 1L : 0L)
            );
        return Of(element, Shape.AsSpan(), _floats is { } floats ? Array.ConvertAll(floats, value => unchecked((long)value)) : _integers!);
    }
}
