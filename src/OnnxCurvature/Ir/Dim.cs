using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnnxCurvature.Ir;

/// <summary>
/// One dimension of a shape: a product of a whole number and symbols, for instance <c>3</c>, <c>N</c> or <c>4*K*N</c>.
/// Two dimensions are equal only when they are proven to be: same factor, same symbols. A dimension that is no product
/// of known ones (a convolution of a symbolic width, say) is a symbol of its own whose name is the expression.
/// </summary>
internal readonly struct Dim : IEquatable<Dim>
{
    /// <summary>Longer expressions are named by a digest of themselves, for each of a chain of nodes may double them.</summary>
    private const int LongestName = 200;

    private const int MostSymbols = 32;

    private static readonly Comparison<DimSymbol> ByName = (a, b) => string.CompareOrdinal(a.Name, b.Name);

    private readonly ImmutableArray<DimSymbol> _symbols;

    private Dim(long factor, ImmutableArray<DimSymbol> symbols)
    {
        Factor = factor;
        _symbols = symbols;
    }

    /// <summary>The whole-number factor; the size itself where no symbol is in the product.</summary>
    public long Factor { get; }

    /// <summary>The symbols of the product in ordinal order of their names, with repetitions.</summary>
    public ImmutableArray<DimSymbol> Symbols => _symbols.IsDefault ? [] : _symbols;

    /// <summary>Whether the size is known.</summary>
    public bool IsKnown => Symbols.IsEmpty;

    /// <summary>The size, or null while it depends on a symbol.</summary>
    public long? Known => IsKnown ? Factor : null;

    /// <summary>Whether the size is known to be one.</summary>
    public bool IsOne => IsKnown && Factor == 1;

    /// <summary>A symbol that a file, or a caller, gives.</summary>
    public static Dim Symbol(string name) => Of(DimSymbol.Given(Short(name)));

    /// <summary>A size that is no product of known ones: a symbol of its own, whose name is the expression that computes it.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="of">The dimensions that it is computed from.</param>
    public static Dim Computed(string expression, params ReadOnlySpan<Dim> of)
    {
        var symbols = new List<DimSymbol>();
        foreach (var dim in of)
            symbols.AddRange(dim.Symbols);
        return Of(DimSymbol.Computed(Short(expression), symbols));
    }

    /// <summary>A size that only the data decide, under a name of its own.</summary>
    public static Dim OfData(string name) => Of(DimSymbol.OfData(Short(name)));

    /// <summary>The dimension that is a symbol.</summary>
    public static Dim Of(DimSymbol symbol) => new(1, [symbol]);

    /// <summary>Whether the size may be another one where those of the given symbols are others.</summary>
    public bool MayDependOn(IReadOnlySet<string> given) => Symbols.Any(symbol => symbol.MayDependOn(given));

    /// <summary>A known size.</summary>
    public static implicit operator Dim(long size) => new(size, []);

    /// <summary>The product of two dimensions.</summary>
    public static Dim operator *(Dim a, Dim b) =>
        a.Factor == 0 || b.Factor == 0 ? (Dim)0 : Product(checked(a.Factor * b.Factor), a.Symbols.AddRange(b.Symbols).Sort(ByName));

    /// <summary>The quotient where <paramref name="divisor"/> is proven to divide this dimension, else null.</summary>
    public Dim? DividedBy(Dim divisor)
    {
        if (divisor.Factor == 0 || Factor % divisor.Factor != 0)
            return null;
        var left = Symbols.ToBuilder();
        foreach (var symbol in divisor.Symbols)
            if (!left.Remove(symbol))
                return null;
        return new Dim(Factor / divisor.Factor, left.ToImmutable());
    }

    /// <summary>
    /// The dimension that <paramref name="function"/> makes of this one: computed where the size is known, else a symbol
    /// named by <paramref name="expression"/>, in which <c>{0}</c> stands for this dimension.
    /// </summary>
    public Dim Map(Func<long, long> function, string expression) =>
        IsKnown ? function(Factor) : Computed(expression.Replace("{0}", $"({this})", StringComparison.Ordinal), this);

    /// <summary>A product; one of too many symbols is a symbol of its own, so that powers of powers stay small.</summary>
    private static Dim Product(long factor, ImmutableArray<DimSymbol> symbols) =>
        symbols.Length <= MostSymbols
            ? new Dim(factor, symbols)
            : new Dim(factor, [DimSymbol.Computed(Short($"({string.Join('*', symbols)})"), symbols)]);

    /// <summary>A long name is replaced by its beginning and a digest, so that equal names stay equal.</summary>
    private static string Short(string name) => name.Length <= LongestName ? name : Digest(name);

    private static string Digest(string name) =>
        $"{name[..(LongestName / 2)]}…{Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan())))}";

    /// <inheritdoc/>
    public bool Equals(Dim other) => Factor == other.Factor && Symbols.AsSpan().SequenceEqual(other.Symbols.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Dim other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Factor);
        foreach (var symbol in Symbols)
            hash.Add(symbol);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are proven equal.</summary>
    public static bool operator ==(Dim a, Dim b) => a.Equals(b);

    /// <summary>Whether both are not proven equal.</summary>
    public static bool operator !=(Dim a, Dim b) => !a.Equals(b);

    /// <inheritdoc/>
    public override string ToString() =>
        IsKnown ? Factor.ToString(CultureInfo.InvariantCulture)
        : Factor == 1 ? string.Join('*', Symbols)
        : Factor.ToString(CultureInfo.InvariantCulture) + "*" + string.Join('*', Symbols);
}
