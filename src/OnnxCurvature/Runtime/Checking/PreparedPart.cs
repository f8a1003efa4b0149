using System.Collections.Immutable;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>A part that is about to be checked.</summary>
/// <param name="Runs">Derive along directions.</param>
/// <param name="Comparison">Compares.</param>
/// <param name="Results">The results.</param>
/// <param name="Probes">The directions.</param>
/// <param name="Variations">In how many variations each direction is derived beforehand.</param>
/// <param name="Reason">Why there are not more directions: a clause; null where there are enough.</param>
internal sealed record PreparedPart(
    CheckRuns Runs,
    CheckComparison Comparison,
    ImmutableArray<ResultEntries> Results,
    Probe[] Probes,
    int Variations,
    string? Reason
) : IDisposable
{
    /// <summary>The results of which nothing was compared.</summary>
    /// <param name="done">How many of the directions there was time and memory for.</param>
    /// <param name="ended">Why not for all; null where there was.</param>
    public IEnumerable<(string Name, string Reason)> Without(int done, string? ended) =>
        Results
            .Where(one => !Probes.Take(done).Any(probe => probe.Compared.Any(compared => compared.Entries == one)))
            .Select(one => (one.Result.Name, ended ?? Reason ?? "it has no entries"));

    /// <inheritdoc/>
    public void Dispose() => Runs.Dispose();
}
