using System.Collections.Immutable;

namespace OnnxCurvature.Runtime.Results;

/// <summary>One comparison.</summary>
/// <param name="Name">The tensor: <c>conv4_3.weight.hessian_diagonal</c>.</param>
/// <param name="Index">The entry's indices.</param>
/// <param name="Computed">The number that the run computed.</param>
/// <param name="Reference">The number that the check computed.</param>
/// <param name="Tolerance">The largest difference that counts as agreement.</param>
/// <param name="Rounding">The part of the tolerance that stands for errors of rounding: of the run in its own precision, and of the
/// reference in double.</param>
/// <param name="Check">How the reference was computed: <c>central difference of the loss</c>.</param>
public sealed record VerifyEntry(
    string Name,
    ImmutableArray<long> Index,
    double Computed,
    double Reference,
    double Tolerance,
    double Rounding,
    string Check
)
{
    /// <summary>Whether the two agree.</summary>
    public bool Agrees => Excess <= 1;

    /// <summary>
    /// Whether the two agree only because of <see cref="Rounding"/>: the entry cannot be inferred any better in this precision.
    /// </summary>
    public bool AgreesByRounding => Agrees && Math.Abs(Computed - Reference) > Tolerance - Rounding;

    /// <summary>The difference in units of the tolerance; infinite where the two cannot be compared.</summary>
    public double Excess =>
        Math.Abs(Computed - Reference) switch
        {
            0 => 0,
            double.NaN => double.PositiveInfinity,
            var difference => difference / Tolerance,
        };
}
