using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>By how much an entry may differ from its reference, and no more.</summary>
/// <param name="FactorRange">The range of the reference under the factors of <see cref="Multiples"/>, from z on in float64.</param>
/// <param name="Narrow">
/// The error of the same in float32 from z on, which is a roundoff of float32 times the size of the terms before they cancel. It is also
/// seen where terms cancel to nothing in float64.
/// </param>
/// <param name="Perturbed">The reference under <see cref="Errors"/>; empty where these were not measured.</param>
/// <param name="Reference">The reference.</param>
internal readonly record struct CheckRounding(double FactorRange, double Narrow, double[] Perturbed, double Reference)
{
    /// <summary>
    /// The difference that is allowed at once, in units of roundoff, relative to the reference and to the root mean square of the result:
    /// 1e-3 in float32. It is far from a factor or a missing term, and hundreds of times what is seen where nothing cancels.
    /// </summary>
    private const double Units = 1 << 14;

    /// <summary>No type is so coarse that more than this is allowed.</summary>
    private const double Most = 1.0 / 32;

    /// <summary>
    /// The size of <see cref="Errors"/>: far above the roundoff of any type, so that what is seen is theirs, and so small that a result is
    /// off in proportion to them.
    /// </summary>
    private const double Amplitude = 1.0 / 1024;

    /// <summary>
    /// How many times the spread, some ten standard deviations, a difference may be: the run adds up other terms, in another order.
    /// </summary>
    private const double Margin = 4;

    /// <summary>How many roundoffs of the size of its terms the sum that is squared may be off by.</summary>
    private const double SquareUnits = 16;

    /// <summary>
    /// Multiples of a direction whose rounding is measured: no factor is a power of two times another, so all products round in other ways.
    /// </summary>
    public static ImmutableArray<Variation> Multiples { get; } =
    [.. new[] { 1.0 / 3, 0.7, 1.1, 1.3, 1.7, 1.9, 2.3 }.Select(factor => new Variation(factor))];

    /// <summary>Errors of either sign, one after the other: what stays the same under both is of second order.</summary>
    public static ImmutableArray<Variation> Errors { get; } =
    [.. from frequency in Enumerable.Range(1, 4) from sign in new[] { 1, -1 } select new Variation(1, sign * Amplitude, frequency)];

    /// <summary>
    /// How many variations are measured at first, and then. Fewer show less of rounding, so what they explain, all explain; and of most
    /// entries that differ, rounding makes much.
    /// </summary>
    public static ImmutableArray<int> Steps { get; } = [2, 8];

    /// <summary>The order in which ways of rounding are measured. Each adds to what is allowed, so later ones may not be needed.</summary>
    public static ImmutableArray<CheckedRounding> Order { get; } =
    [CheckedRounding.Perturbed, CheckedRounding.Narrow, CheckedRounding.Wide];

    /// <summary>So many variations, at most, that show one way of rounding.</summary>
    public static ImmutableArray<Variation> VariationsOf(CheckedRounding rounding, int most)
    {
        var all = rounding == CheckedRounding.Perturbed ? Errors : Multiples;
        return all[..Math.Min(most, all.Length)];
    }

    /// <summary>The relative difference that is allowed for results of a type.</summary>
    public static double Relative(double roundoff) => Math.Min(Most, Units * roundoff);

    /// <summary>The further error that rounding may make in the entry.</summary>
    /// <param name="roundoff">The unit roundoff of the run.</param>
    /// <param name="squares">
    /// Whether the result is a sum of squares: then what is off is what is squared, by some roundoffs of the size of its terms, and nothing
    /// cancels between squares.
    /// </param>
    public double Allowed(double roundoff, bool squares)
    {
        var cancelled = Narrow * roundoff / ElementType.Float32.UnitRoundoff();
        var inSquares = SquareUnits * SquareUnits * roundoff * cancelled;
        var after = squares ? inSquares + 2 * Math.Sqrt(inSquares * Math.Abs(Reference)) : cancelled;
        return Margin * (FactorRange + after + Before(roundoff, squares));
    }

    /// <summary>The unit roundoff of a type, or of products with factors of ten bits.</summary>
    public static double Roundoff(ElementType element, bool tf32) =>
        tf32 && element == ElementType.Float32 ? ElementType.Float16.UnitRoundoff() : element.UnitRoundoff();

    /// <summary>
    /// The effect of rounding before z, by how it compares with the errors. A part that changes sign with them is in proportion to them.
    /// One that does not is of second order, and so is what rounding makes of a sum of squares. Elsewhere it shows, divided by the square
    /// of their size, how large the terms of z_aᵀ ∇²L z_b are that cancel whatever z_a is, as for a bias that all classes share.
    /// </summary>
    private double Before(double roundoff, bool squares)
    {
        var (odd, even) = (0.0, 0.0);
        foreach (var pair in Perturbed.Chunk(2).Where(pair => pair.All(double.IsFinite)))
        {
            odd = Math.Max(odd, Math.Abs(pair[0] - pair[1]));
            even = Math.Max(even, Math.Abs((pair[0] + pair[1]) / 2 - Reference));
        }
        var ratio = roundoff / Amplitude;
        return odd * ratio + even * ratio * (squares ? ratio : 1 / Amplitude);
    }
}
