using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>
/// A value of a program in single-assignment form: a parameter (fed from outside), a constant, or one output of a node.
/// Its name is known where the model gave one; names for all others are made at export.
/// </summary>
internal sealed class Value
{
    /// <summary>Vectors of more elements hold no shape.</summary>
    private const int LongestContents = 64;

    internal Value(TensorType type, string? name, Constant? constant, Node? producer, int index)
    {
        Type = type;
        Name = name;
        Constant = constant;
        Producer = producer;
        Index = index;
        if (constant is InlineConstant inline && MayHaveContents(type) && inline.Read().Integers is { Length: <= LongestContents } elements)
            Contents = [.. elements.Select(element => (Dim)element)];
    }

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; }

    /// <summary>The name in the model, or null for a value that a transform made.</summary>
    public string? Name { get; private set; }

    /// <summary>The contents of a constant, else null.</summary>
    public Constant? Constant { get; }

    /// <summary>
    /// Whether this is a constant that the model's file holds and whose elements may be replaced there by others. Nothing is computed from
    /// them beforehand, so that all that depends on a weight follows it. Short vectors of integers are none: shapes and axes are compiled
    /// in.
    /// </summary>
    public bool IsWeight { get; internal init; }

    /// <summary>
    /// Whether this is a weight whose elements decided what was compiled, as exponents do, so that replacing them calls for a new
    /// compilation.
    /// </summary>
    public bool IsCompiledIn { get; private set; }

    /// <summary>The node that computes the value, or null for parameters and constants.</summary>
    public Node? Producer { get; }

    /// <summary>Which output of the producer this is.</summary>
    public int Index { get; }

    /// <summary>
    /// The knowledge of the elements of an integer scalar or vector, as dimensions: numbers, or symbols where the elements are
    /// sizes that are known only at run time. Null where nothing is known.
    /// </summary>
    public ImmutableArray<Dim>? Contents { get; internal set; }

    /// <summary>Gives a computed value that has no name the one that the model has for it.</summary>
    internal void NameAs(string name)
    {
        if (Producer is not null)
            Name ??= name;
    }

    /// <summary>The elements of a constant, for a decision about what is compiled.</summary>
    internal Tensor CompileIn()
    {
        IsCompiledIn = IsWeight;
        return Constant!.Read();
    }

    /// <summary>Whether this is fed from outside.</summary>
    public bool IsParameter => Producer is null && Constant is null;

    /// <summary>Whether values of a type are short vectors of integers, of which <see cref="Contents"/> may be known.</summary>
    internal static bool MayHaveContents(TensorType type) =>
        type is { Element: ElementType.Int64 or ElementType.Int32, Rank: <= 1 } && type.Shape.Elements.Known is null or <= LongestContents;

    /// <inheritdoc/>
    /// <remarks>Values are equal only when they are the same.</remarks>
    public override int GetHashCode() => Producer is null ? base.GetHashCode() : unchecked((Producer.Id * 31) + Index);

    /// <inheritdoc/>
    public override string ToString() => $"{Name ?? "%"}: {Type}";
}
