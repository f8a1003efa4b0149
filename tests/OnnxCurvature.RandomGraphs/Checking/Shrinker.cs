using System.Diagnostics;
using OnnxCurvature.RandomGraphs.Generation;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Finds smaller choices that lead to a problem with the same fault.</summary>
/// <param name="checker">Checks a problem.</param>
/// <param name="seed">The seed of the elements.</param>
internal sealed class Shrinker(ProblemChecker checker, ulong seed)
{
    private const int MostAttempts = 250;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _clock = new();
    private int _attempts;

    private bool IsOver => _attempts >= MostAttempts || _clock.Elapsed > Longest;

    /// <summary>The smallest choices that were found, from those that lead to a fault on.</summary>
    /// <param name="choices">The choices.</param>
    /// <param name="fault">The fault.</param>
    public IReadOnlyList<int> Shrink(IReadOnlyList<int> choices, Outcome fault)
    {
        _attempts = 0;
        _clock.Restart();
        var best = choices;
        for (var before = int.MaxValue; before != Weight(best) && !IsOver; )
        {
            before = Weight(best);
            // The first choice is the number of samples, which all attempts after it are made for.
            best = Lower(best, 0, fault);
            foreach (var length in new[] { 16, 8, 4, 2, 1 })
                for (var at = 0; at + length <= best.Count; at += Math.Max(1, length / 2))
                    best = Better(best, [.. best.Take(at), .. best.Skip(at + length)], fault);
            for (var at = 0; at < best.Count; at++)
                best = Lower(best, at, fault);
        }
        return best;
    }

    private IReadOnlyList<int> Lower(IReadOnlyList<int> best, int at, Outcome fault)
    {
        foreach (var smaller in new[] { 0, best[at] / 2, best[at] - 1 })
            if (at < best.Count && smaller >= 0 && smaller < best[at])
                best = Better(best, [.. best.Take(at), smaller, .. best.Skip(at + 1)], fault);
        return best;
    }

    /// <summary>A problem, and what became of it, from choices.</summary>
    public (Problem? Problem, Verdict? Verdict, IReadOnlyList<int> Taken) Replay(IReadOnlyList<int> choices)
    {
        var stream = Choices.Of(choices);
        var problem = ProblemGenerator.Make(stream, seed);
        return (problem, problem is null ? null : checker.Check(problem), stream.Taken);
    }

    private IReadOnlyList<int> Better(IReadOnlyList<int> best, IReadOnlyList<int> candidate, Outcome fault)
    {
        if (IsOver)
            return best;
        _attempts++;
        var stream = Choices.Of(candidate);
        var problem = ProblemGenerator.Make(stream, seed);
        // Choices that nobody asked for are gone, and those that were missing are zeros.
        return Weight(stream.Taken) < Weight(best) && problem is not null && Shows(problem, fault) ? [.. stream.Taken] : best;
    }

    /// <summary>Whether a problem, of which only what failed is run, has the same fault.</summary>
    private bool Shows(Problem problem, Outcome fault)
    {
        if (fault.Quantity is { } quantity && !problem.Quantities.Contains(quantity))
            return false;
        var isManaged = fault.Way.StartsWith("managed", StringComparison.Ordinal);
        var part = problem with
        {
            Quantities = fault.Quantity is { } one ? [one] : problem.Quantities,
            Execution = isManaged ? Execution.Managed : problem.Execution,
        };
        return checker.Check(part).Outcomes.Any(outcome => outcome.IsFault && outcome.Key == fault.Key);
    }

    private static int Weight(IReadOnlyList<int> choices) => choices.Sum(choice => 8 + choice);
}
