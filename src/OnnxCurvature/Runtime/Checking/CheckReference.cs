using System.Collections.Immutable;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>The right value of an entry of a result, and the difference that it may have.</summary>
/// <param name="Name">The result: <c>conv4_3.weight.hessian_diagonal</c>.</param>
/// <param name="Position">The position of the entry.</param>
/// <param name="Index">Its indices.</param>
/// <param name="Reference">The derivative along the entry.</param>
/// <param name="Relative">The difference that is allowed relative to the reference and to the root mean square of the result.</param>
/// <param name="Rounding">The further error that rounding may make in the entry.</param>
internal sealed record CheckReference(
    string Name,
    long Position,
    ImmutableArray<long> Index,
    double Reference,
    double Relative,
    double Rounding
)
{
    /// <summary>The comparison with what a run computed.</summary>
    /// <param name="computed">The entry.</param>
    /// <param name="typical">The root mean square of the result.</param>
    public VerifyEntry With(double computed, double typical) =>
        new(
            Name,
            Index,
            computed,
            Reference,
            Relative * (Math.Abs(Reference) + typical) + Rounding,
            Rounding,
            "derivative along the entry"
        );

    /// <summary>
    /// The difference of a comparison relative to the reference or, where that is larger, to the root mean square of the result; zero where
    /// rounding leaves nothing of the entry.
    /// </summary>
    public static double Difference(VerifyEntry entry, double typical)
    {
        var scale = Math.Max(Math.Abs(entry.Reference), typical);
        return scale == 0 || entry.AgreesByRounding ? 0 : Math.Abs(entry.Computed - entry.Reference) / scale;
    }
}
