using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>A factor of a dimension whose size is known only at run time. Symbols of the same name are equal.</summary>
internal sealed class DimSymbol : IEquatable<DimSymbol>
{
    private DimSymbol(string name, ImmutableArray<string> sources, bool isOfData)
    {
        Name = name;
        Sources = sources;
        IsOfData = isOfData;
    }

    /// <summary>The name of a given symbol, or the expression that computes the size.</summary>
    public string Name { get; }

    /// <summary>The names of the given symbols that the size is computed from; its own name where it is given.</summary>
    public ImmutableArray<string> Sources { get; }

    /// <summary>Whether the size depends on the values of tensors, too, as the number of nonzero entries does.</summary>
    public bool IsOfData { get; }

    /// <summary>A symbol that a file, or a caller, gives.</summary>
    public static DimSymbol Given(string name) => new(name, [name], false);

    /// <summary>A size that is computed from dimensions.</summary>
    public static DimSymbol Computed(string expression, IEnumerable<DimSymbol> of)
    {
        DimSymbol[] parts = [.. of];
        return new DimSymbol(
            expression,
            [.. parts.SelectMany(part => part.Sources).Distinct(StringComparer.Ordinal)],
            parts.Any(part => part.IsOfData)
        );
    }

    /// <summary>A size that only the data decide.</summary>
    public static DimSymbol OfData(string name) => new(name, [name], true);

    /// <summary>Whether the size may be another one where those of the given symbols are others.</summary>
    public bool MayDependOn(IReadOnlySet<string> given) => IsOfData || Sources.Any(given.Contains);

    /// <inheritdoc/>
    public bool Equals(DimSymbol? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DimSymbol);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
