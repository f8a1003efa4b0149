using OnnxCurvature.Ir;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>By how much an entry may differ from its reference, and no more.</summary>
internal static class CheckRounding
{
    /// <summary>
    /// The difference that is allowed at once, in units of roundoff, relative to the reference and to the root mean square of the result:
    /// 1e-3 in float32. It is far from a factor or a missing term, and
    /// hundreds of times what is seen where nothing cancels.
    /// </summary>
    private const double Units = 1 << 14;

    /// <summary>No type is so coarse that more than this is allowed.</summary>
    private const double Most = 1.0 / 32;

    /// <summary>
    /// Factors by which directions are multiplied to see what rounding does: none is a power of two times another, so all products round in
    /// other ways.
    /// </summary>
    private static readonly double[] Factors = [1.0 / 3, 0.7, 1.1, 1.3, 1.7, 1.9, 2.3];

    /// <summary>
    /// How many times the spread under these factors, some ten standard deviations, a difference may be: the run adds up other terms, in
    /// another order.
    /// </summary>
    private const double Margin = 4;

    /// <summary>The factors of a direction whose rounding is measured.</summary>
    public static IReadOnlyList<double> Repetitions => Factors;

    /// <summary>The relative difference that is allowed for results of a type.</summary>
    public static double Relative(double roundoff) => Math.Min(Most, Units * roundoff);

    /// <summary>The difference that is allowed.</summary>
    public static double Tolerance(double reference, double typical, double roundoff, double spread) =>
        Relative(roundoff) * (Math.Abs(reference) + typical) + Margin * spread;

    /// <summary>What a spread stands for in a tolerance.</summary>
    public static double Allowed(double spread) => Margin * spread;

    /// <summary>The unit roundoff of a type, or of products with factors of ten bits.</summary>
    public static double Roundoff(ElementType element, bool tf32) =>
        tf32 && element == ElementType.Float32 ? ElementType.Float16.UnitRoundoff() : element.UnitRoundoff();
}
