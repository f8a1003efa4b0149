using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace OnnxCurvature.Ir;

/// <summary>The dimensions of a tensor, outermost first. Equality is by proven equality of the dimensions.</summary>
[CollectionBuilder(typeof(TensorShape), nameof(Create))]
internal readonly struct TensorShape : IEquatable<TensorShape>, IReadOnlyList<Dim>
{
    /// <summary>The most dimensions of a tensor.</summary>
    public const int HighestRank = 64;

    private const long MostElements = 1L << 56;

    private readonly ImmutableArray<Dim> _dims;

    private TensorShape(ImmutableArray<Dim> dims) => _dims = dims;

    /// <summary>A shape of these dimensions.</summary>
    public static TensorShape Create(ReadOnlySpan<Dim> dims) => new([.. dims]);

    /// <summary>A shape of known sizes.</summary>
    public static TensorShape Of(params IEnumerable<long> sizes) => new([.. sizes.Select(size => (Dim)size)]);

    /// <summary>The shape of a scalar.</summary>
    public static TensorShape Scalar => new([]);

    /// <summary>The dimensions.</summary>
    public ImmutableArray<Dim> Dims => _dims.IsDefault ? [] : _dims;

    /// <summary>The number of dimensions.</summary>
    public int Rank => Dims.Length;

    /// <inheritdoc/>
    public int Count => Rank;

    /// <summary>
    /// The dimension at an axis, counted from the front. Throws <see cref="ShapeException"/> where there is no such axis.
    /// </summary>
    public Dim this[int axis] => axis >= 0 && axis < Rank ? Dims[axis] : throw Lacks(axis);

    /// <summary>Whether every dimension is known.</summary>
    public bool IsKnown => Dims.All(dim => dim.IsKnown);

    /// <summary>The number of elements, as a product.</summary>
    public Dim Elements => Product(0, Rank);

    /// <summary>The known sizes. Throws <see cref="UnsupportedOperatorException"/> where a dimension is symbolic.</summary>
    public long[] Sizes =>
        IsKnown
            ? [.. Dims.Select(dim => dim.Factor)]
            : throw new UnsupportedOperatorException($"the shape {this} is not fully known; give the sizes of symbolic dimensions.");

    /// <summary>The product of the dimensions from axis <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public Dim Product(int start, int end)
    {
        Dim product = 1;
        for (var axis = start; axis < end; axis++)
            product *= this[axis];
        return product;
    }

    private ShapeException Lacks(int axis) => new($"the shape {this} has no axis {axis}");

    /// <summary>
    /// Throws <see cref="OverflowException"/> for a shape that no tensor can have: of too many dimensions, with a negative size, or with
    /// more elements than any memory holds.
    /// </summary>
    public void CheckSize()
    {
        if (Rank > HighestRank)
            throw new OverflowException($"a tensor of {Rank} dimensions is more than the {HighestRank} that are supported");
        Int128 elements = 1;
        foreach (var dim in Dims)
        {
            if (dim.Factor < 0)
                throw new OverflowException($"the shape {this} has a negative size");
            elements *= Math.Max(1, dim.Factor);
            if (elements > MostElements)
                throw new OverflowException($"a tensor of the shape {this} is larger than any memory");
        }
    }

    /// <summary>This shape with one dimension put in at the front.</summary>
    public TensorShape Prepend(Dim dim) => new(Dims.Insert(0, dim));

    /// <summary>This shape with the dimension at an axis replaced.</summary>
    public TensorShape With(int axis, Dim dim) => axis >= 0 && axis < Rank ? new(Dims.SetItem(axis, dim)) : throw Lacks(axis);

    /// <summary>This shape with a dimension put in at an axis.</summary>
    public TensorShape Insert(int axis, Dim dim) => axis >= 0 && axis <= Rank ? new(Dims.Insert(axis, dim)) : throw Lacks(axis);

    /// <summary>This shape without the dimension at an axis.</summary>
    public TensorShape Remove(int axis) => axis >= 0 && axis < Rank ? new(Dims.RemoveAt(axis)) : throw Lacks(axis);

    /// <summary>The axes <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public TensorShape Range(int start, int end) => new([.. Dims.Skip(start).Take(end - start)]);

    /// <summary>Both shapes after one another.</summary>
    public TensorShape Concat(TensorShape other) => new(Dims.AddRange(other.Dims));

    /// <summary>
    /// The shape that numpy broadcasting gives, or null where the two do not fit. Of two dimensions that are not proven
    /// equal and of which none is known, the first is taken.
    /// </summary>
    public static TensorShape? Broadcast(TensorShape a, TensorShape b)
    {
        var rank = Math.Max(a.Rank, b.Rank);
        var dims = new Dim[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            Dim x = axis - rank + a.Rank is var i and >= 0 ? a[i] : 1;
            Dim y = axis - rank + b.Rank is var j and >= 0 ? b[j] : 1;
            if (x == y || y.IsOne)
                dims[axis] = x;
            else if (x.IsOne)
                dims[axis] = y;
            else if (x.IsKnown && y.IsKnown)
                return null;
            else
                dims[axis] = y.IsKnown ? y : x;
        }
        return new TensorShape([.. dims]);
    }

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Dims.AsSpan().SequenceEqual(other.Dims.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var dim in Dims)
            hash.Add(dim);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are proven equal.</summary>
    public static bool operator ==(TensorShape a, TensorShape b) => a.Equals(b);

    /// <summary>Whether both are not proven equal.</summary>
    public static bool operator !=(TensorShape a, TensorShape b) => !a.Equals(b);

    /// <inheritdoc/>
    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)Dims).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => "[" + string.Join(",", Dims) + "]";
}
