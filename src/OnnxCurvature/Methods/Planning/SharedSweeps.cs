using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// Weighs the ways of several targets together. Targets with the same directions at the same cut share one backward sweep, which goes as
/// far as the farthest of them, so a way that is dear for one target may be the cheapest for all: Σ_t own(t) + Σ_d max_{t by d} sweep(t)
/// is to be small.
/// </summary>
internal static class SharedSweeps
{
    private const int MostPasses = 4;
    private const int MostStarts = 4;

    /// <summary>The candidates of each target, with those in front that are to be taken.</summary>
    /// <param name="all">The candidates of each target, the cheapest of those that are proven first.</param>
    public static ImmutableArray<ImmutableArray<Candidate>> Order(IReadOnlyList<ImmutableArray<Candidate>> all)
    {
        if (all.Count < 2)
            return [.. all];
        var open = all.Select(candidates => candidates.Where(candidate => candidate.Obstacle is null).ToArray()).ToArray();
        // The choice where no way is proven is made elsewhere.
        Candidate[] alone = [.. all.Select(candidates => candidates[0])];
        var best = Improved(alone, open);
        foreach (var start in Starts(alone, open))
            if (Improved(start, open) is var improved && Total(improved) < Total(best))
                best = improved;
        return
        [
            .. all.Select((candidates, at) => candidates.Remove(best[at]).Insert(0, best[at] with { IsForOthers = best[at] != alone[at] })),
        ];
    }

    /// <summary>Choices in which all targets that can take the same directions do, for those directions that promise most.</summary>
    private static IEnumerable<Candidate[]> Starts(Candidate[] alone, Candidate[][] open)
    {
        var ways = open.Select(candidates =>
                candidates
                    .Where(candidate => candidate.Shared is not null)
                    .GroupBy(candidate => candidate.Shared!)
                    .ToDictionary(same => same.Key, same => same.First())
            )
            .ToArray();
        return ways.SelectMany(own => own.Keys)
            .CountBy(key => key)
            .Where(counted => counted.Value > 1)
            .Select(counted => alone.Select((first, at) => ways[at].GetValueOrDefault(counted.Key, first)).ToArray())
            .OrderBy(Total)
            .Take(MostStarts);
    }

    /// <summary>Changes one target's way at a time, as long as that takes fewer operations in all.</summary>
    private static Candidate[] Improved(Candidate[] chosen, Candidate[][] open)
    {
        chosen = [.. chosen];
        for (var (pass, changed) = (0, true); changed && pass < MostPasses; pass++)
        {
            changed = false;
            var sweeps = new Sweeps(chosen);
            for (var at = 0; at < chosen.Length; at++)
            {
                var current = chosen[at];
                sweeps.Remove(current);
                var next = open[at].Append(current).MinBy(candidate => candidate.OwnFlops + sweeps.Added(candidate))!;
                if (next.OwnFlops + sweeps.Added(next) < current.OwnFlops + sweeps.Added(current))
                    (chosen[at], changed) = (next, true);
                sweeps.Add(chosen[at]);
            }
        }
        return chosen;
    }

    private static double Total(Candidate[] chosen) =>
        chosen.Sum(candidate => candidate.OwnFlops)
        + chosen.Where(candidate => candidate.Shared is null).Sum(candidate => candidate.SweepFlops)
        + chosen
            .Where(candidate => candidate.Shared is not null)
            .GroupBy(candidate => candidate.Shared)
            .Sum(sharing => sharing.Max(candidate => candidate.SweepFlops));

    /// <summary>The sweeps that are made, with the operations of each target that takes part.</summary>
    private sealed class Sweeps
    {
        private readonly Dictionary<SweepKey, List<double>> _made = [];

        public Sweeps(IEnumerable<Candidate> chosen)
        {
            foreach (var candidate in chosen)
                Add(candidate);
        }

        /// <summary>By how much the sweeps grow where a candidate is taken.</summary>
        public double Added(Candidate candidate) =>
            candidate.Shared is { } key && _made.TryGetValue(key, out var made) && made.Count > 0
                ? Math.Max(0, candidate.SweepFlops - made.Max())
                : candidate.SweepFlops;

        public void Add(Candidate candidate)
        {
            if (candidate.Shared is not { } key)
                return;
            if (!_made.TryGetValue(key, out var made))
                _made[key] = made = [];
            made.Add(candidate.SweepFlops);
        }

        public void Remove(Candidate candidate)
        {
            if (candidate.Shared is { } key)
                _made[key].Remove(candidate.SweepFlops);
        }
    }
}

/// <summary>Identifies directions that are the same for several targets.</summary>
/// <param name="Method">The method that makes them.</param>
/// <param name="At">The value at which they are.</param>
internal sealed record SweepKey(CandidateMethod Method, Value At);
