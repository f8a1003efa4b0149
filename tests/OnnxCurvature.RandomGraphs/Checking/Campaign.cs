using System.Diagnostics;
using OnnxCurvature.RandomGraphs.Generation;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Checks the problems of many seeds, counts, and makes findings of the first faults of each kind.</summary>
/// <param name="output">Where findings and progress are written.</param>
/// <param name="findings">The folder that findings are kept in; null for none.</param>
internal sealed class Campaign(TextWriter output, string? findings)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(30);

    private readonly ProblemChecker _checker = new(Path.Combine(Path.GetTempPath(), "onnx-curvature-random-graphs"));
    private readonly Lock _lock = new();
    private int _kept;

    /// <summary>The counts.</summary>
    public Statistics Statistics { get; } = new();

    /// <summary>Checks the seeds from one on. Gives the seed to go on from, which is further on the longer it was let run.</summary>
    public long Run(long seed, long count, int threads, CancellationToken cancellation)
    {
        var (clock, reported, next) = (Stopwatch.StartNew(), TimeSpan.Zero, seed - 1);
        var workers = Enumerable
            .Range(0, threads)
            .Select(_ => new Thread(
                () =>
                {
                    while (!cancellation.IsCancellationRequested && Interlocked.Increment(ref next) is var at && at < seed + count)
                    {
                        Try(at);
                        lock (_lock)
                        {
                            if (clock.Elapsed - reported <= BetweenReports)
                                continue;
                            reported = clock.Elapsed;
                            output.WriteLine($"seed {at}: {Statistics.Summary(clock.Elapsed)}");
                        }
                    }
                },
                16 << 20
            ))
            .ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        output.WriteLine(Statistics.Report());
        var end = Math.Min(next + 1, seed + count);
        output.WriteLine($"{Statistics.Summary(clock.Elapsed)}; the next seed is {end}");
        return end;
    }

    /// <summary>Checks one problem that is given by its choices.</summary>
    public void Replay(long seed, IReadOnlyList<int> choices)
    {
        var (problem, verdict, taken) = new Shrinker(_checker, (ulong)seed).Replay(choices);
        Statistics.Add(seed, problem, verdict);
        foreach (var outcome in verdict?.Outcomes.Where(outcome => outcome.IsFault) ?? [])
            output.WriteLine(new Finding(seed, taken, problem!, outcome).Describe() + Environment.NewLine);
        output.WriteLine(Statistics.Report());
    }

    private void Try(long seed)
    {
        var choices = Choices.Sampled(seed);
        var problem = ProblemGenerator.Make(choices, (ulong)seed);
        var verdict = problem is null ? null : _checker.Check(problem);
        foreach (var outcome in Statistics.Add(seed, problem, verdict))
            Keep(seed, choices.Taken, outcome);
    }

    private void Keep(long seed, IReadOnlyList<int> choices, Outcome outcome)
    {
        var shrinker = new Shrinker(_checker, (ulong)seed);
        var (problem, verdict, taken) = shrinker.Replay(shrinker.Shrink(choices, outcome));
        var finding = new Finding(
            seed,
            taken,
            problem!,
            verdict!.Outcomes.FirstOrDefault(other => other.IsFault && other.Key == outcome.Key, outcome)
        );
        lock (_lock)
        {
            output.WriteLine(finding.Describe() + Environment.NewLine);
            if (findings is not null)
                finding.Write(Path.Combine(findings, $"{++_kept:D3}_{string.Join('_', outcome.Key.Split(' ').Take(6)).Replace('/', '_')}"));
        }
    }
}
