using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// The action of operators on integers whose contents are known as dimensions (<see cref="Value.Contents"/>), for the chains of Shape,
/// Gather and Concat by which exporters compute shapes.
/// </summary>
internal static class Contents
{
    /// <summary>The contents of the first input, for operators that keep its elements in order.</summary>
    public static ImmutableArray<Dim>? Same(Node node) => node.Input(0)?.Contents;

    /// <summary>The outputs of a node whose inputs hold known numbers only.</summary>
    public static ImmutableArray<Dim>? Computed(Node node) =>
        node.Inputs.All(input => input is null or { Constant: not null } || input.Contents?.All(dim => dim.IsKnown) == true)
        && KnownTensor.Of(node.Output) is { } tensor
            ? [.. tensor.Integers.Select(element => (Dim)element)]
            : null;

    /// <summary>The contents of a function of two inputs, element by element, where a single element meets any number of others.</summary>
    public static ImmutableArray<Dim>? Elementwise(Node node, Func<Dim, Dim, Dim> function)
    {
        if (
            node.Input(0)?.Contents is not { Length: > 0 } a
            || node.Input(1)?.Contents is not { Length: > 0 } b
            || (a.Length != b.Length && a.Length != 1 && b.Length != 1)
        )
            return null;
        try
        {
            return
            [
                .. Enumerable
                    .Range(0, Math.Max(a.Length, b.Length))
                    .Select(index => function(a[Math.Min(index, a.Length - 1)], b[Math.Min(index, b.Length - 1)])),
            ];
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>a + b, a symbol of its own where it is no product.</summary>
    public static Dim Sum(Dim a, Dim b) =>
        a == 0 ? b
        : b == 0 ? a
        : a.IsKnown && b.IsKnown ? checked(a.Factor + b.Factor)
        : Dim.Computed($"({a}+{b})", a, b);

    /// <summary>a - b, a symbol of its own where it is no product.</summary>
    public static Dim Difference(Dim a, Dim b) =>
        a == b ? 0
        : b == 0 ? a
        : a.IsKnown && b.IsKnown ? checked(a.Factor - b.Factor)
        : Dim.Computed($"({a}-{b})", a, b);

    /// <summary>a / b towards zero, a symbol of its own where b is not proven to divide a.</summary>
    public static Dim Quotient(Dim a, Dim b) =>
        a.DividedBy(b) ?? (a.IsKnown && b.IsKnown && b.Factor != 0 ? checked(a.Factor / b.Factor) : Dim.Computed($"({a})/({b})", a, b));
}
