using System.Collections.Immutable;

namespace OnnxCurvature.Runtime.Results;

/// <summary>The findings of the check of a run: some entries of its exact results, computed a second time in another way.</summary>
/// <param name="Entries">The comparisons; of a result with an entry for each sample or each row of z, the worst of those of one
/// direction.</param>
/// <param name="Unchecked">The results that were not checked, as <c>conv4_3.weight.hessian_diagonal</c>, and why: a clause. The name
/// is empty for all results of the run.</param>
/// <param name="Seconds">How long the check took.</param>
public sealed record CheckReport(
    ImmutableArray<VerifyEntry> Entries,
    ImmutableArray<(string Name, string Reason)> Unchecked,
    double Seconds
)
{
    /// <summary>Whether all entries agree.</summary>
    public bool Agrees => Entries.All(entry => entry.Agrees);

    /// <summary>
    /// The largest difference, relative to the entry or, where that is larger, to the root mean square of the first batch's result; of
    /// entries that rounding leaves nothing of, none.
    /// </summary>
    public double LargestDifference { get; init; }

    /// <summary>
    /// Entries that differ, where it takes more time or memory than the check may to find out whether rounding explains that. Neither
    /// <see cref="Agrees"/> nor <see cref="LargestDifference"/> says anything of them.
    /// </summary>
    public ImmutableArray<VerifyEntry> Undecided { get; init; } = [];

    /// <summary>A report that nothing was checked, for one reason.</summary>
    internal static CheckReport None(string result, string reason) => new([], [(result, reason)], 0);
}
