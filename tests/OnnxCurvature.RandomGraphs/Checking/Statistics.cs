using System.Globalization;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Counts what was tried and what became of it.</summary>
internal sealed class Statistics
{
    private readonly SortedDictionary<string, int> _traits = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _right = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (int Count, long Seed)> _refused = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _skipped = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (int Count, long Seed)> _faults = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>The number of graphs that were made, skipped ones included.</summary>
    public long Graphs { get; private set; }

    /// <summary>The number of graphs of which results were compared.</summary>
    public long Checked { get; private set; }

    /// <summary>The number of results that were compared and right.</summary>
    public long Right => _right.Values.Sum();

    /// <summary>The number of results that were refused.</summary>
    public long Refused => _refused.Values.Sum(entry => entry.Count);

    /// <summary>The number of faults.</summary>
    public long Faults => _faults.Values.Sum(entry => entry.Count);

    /// <summary>Counts a problem; gives the faults whose key was not there before.</summary>
    public IReadOnlyList<Outcome> Add(long seed, Problem? problem, Verdict? verdict)
    {
        lock (_lock)
        {
            Graphs++;
            if (problem is null || verdict is not { Skipped: null })
            {
                Count(_skipped, verdict?.Skipped ?? "nothing to differentiate by");
                return [];
            }
            Checked++;
            foreach (var trait in problem.Graph.Traits)
                Count(_traits, trait);
            var news = new List<Outcome>();
            foreach (var outcome in verdict.Outcomes)
            {
                if (outcome.Kind == OutcomeKind.Right)
                    Count(_right, $"{outcome.Quantity!.Value.Name()}, {outcome.Way}");
                else if (outcome.Kind == OutcomeKind.Refused)
                    Count(_refused, Outcome.Pattern(outcome.Text), seed);
                else if (Count(_faults, FaultKey(problem, outcome), seed) == 1)
                    news.Add(outcome);
            }
            return news;
        }
    }

    /// <summary>The most important counts, and how many graphs a second takes.</summary>
    public string Summary(TimeSpan elapsed)
    {
        var rate = (Graphs / elapsed.TotalSeconds).ToString("F1", CultureInfo.InvariantCulture);
        return $"{Graphs} graphs ({rate} per second), {Checked} compared: {Right} results right, {Refused} refused, {Faults} faults";
    }

    /// <summary>All counts as text.</summary>
    public string Report()
    {
        lock (_lock)
        {
            var lines = new List<string>();
            Section("traits of graphs", _traits.Select(entry => (entry.Value, entry.Key)));
            Section("right results, by quantity and way", _right.Select(entry => (entry.Value, entry.Key)));
            Section(
                "refusals, by reason, with a seed",
                _refused.Select(entry => (entry.Value.Count, $"{entry.Key} (seed {entry.Value.Seed})"))
            );
            Section("graphs that say nothing", _skipped.Select(entry => (entry.Value, entry.Key)));
            Section("faults, with a seed", _faults.Select(entry => (entry.Value.Count, $"{entry.Key} (seed {entry.Value.Seed})")));
            return string.Join(Environment.NewLine, lines);

            void Section(string title, IEnumerable<(int Count, string Text)> entries)
            {
                var all = entries.OrderByDescending(entry => entry.Count).ToArray();
                if (all.Length == 0)
                    return;
                lines.Add($"{title}:");
                lines.AddRange(all.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Count, 9} {entry.Text}")));
                lines.Add("");
            }
        }
    }

    /// <summary>The kind of a fault: its key, and whether samples lie along first axes alone.</summary>
    public static string FaultKey(Problem problem, Outcome outcome) => $"{outcome.Key}{(problem.IsPlain ? "" : ", samples elsewhere")}";

    private static void Count(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static int Count(SortedDictionary<string, (int Count, long Seed)> counts, string key, long seed)
    {
        var before = counts.GetValueOrDefault(key, (Count: 0, Seed: seed));
        counts[key] = before with { Count = before.Count + 1 };
        return before.Count + 1;
    }
}
