using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Runs a program over a data set, batch by batch, and puts the batches' results together in double.</summary>
internal sealed class CurvatureRunner(Program program, BatchJoin join, OrtSettings settings, PlanLimits limits)
{
    private readonly CostModel _costs = new(limits);

    /// <summary>The parameter that takes the number of the batch, or null.</summary>
    public Value? BatchNumber { get; init; }

    /// <summary>The check of the first batch, or null.</summary>
    public RunCheck? Check { get; init; }

    /// <summary>
    /// Runs. Throws <see cref="UserErrorException"/> for a result that holds NaN or infinity, with the first node that made it.
    /// </summary>
    public CurvatureResult Run(
        DataSet data,
        ImmutableDictionary<string, double> seconds,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var clock = Stopwatch.StartNew();
        progress?.Report(RunProgress.Begin(RunPhase.Run));
        _costs.Learn(program);
        OrtEnvironment.Start(null);
        using var arena = settings.Provider == "cpu" ? SharedArena.Use(_costs.PeakBytes(program)) : null;
        using var runner = new ScheduleRunner(ProgramSchedule.Of(program), settings with { SharesArena = arena is not null }, _costs);
        var keep = ScheduleRunner.Keeps(data.Batches > 1, _costs.Flops(program), settings.Provider);
        ImmutableArray<NamedValue> results = [.. program.Outputs.SkipLast(Check?.Given.Length ?? 0)];
        var outputs = results.Select(output => output.Value).Distinct().ToArray();
        var joined = results.Select(_ => new BatchJoin.Result()).ToArray();
        CheckReport? check = null;
        var given = Check is null
            ? []
            : Check
                .Given.Zip(program.Outputs.Skip(results.Length), (value, output) => (Value: value, Output: output.Value))
                .ToDictionary(pair => pair.Value, pair => pair.Output);
        int[] summed = settings.IsBound && data.Batches > 1 ? [.. Enumerable.Range(0, joined.Length).Where(CanBeSummed)] : [];
        using var sums = summed.Length == 0 ? null : new DeviceSums([.. summed.Select(index => results[index])], settings);
        var read = Enumerable.Range(0, joined.Length).Except(summed).ToArray();
        var onHost = read.Select(index => results[index].Value).ToHashSet();
        var times = new List<double>();
        for (var batch = 0; batch < data.Batches; batch++)
        {
            var start = clock.Elapsed;
            var (arrays, samples) = data.Batch(batch);
            var feeds = arrays.ToDictionary(entry => entry.Key, entry => OrtTensors.Of(entry.Value, entry.Key.Type.Element));
            if (BatchNumber is not null)
                feeds[BatchNumber] = OrtTensors.Scalar((long)batch);
            try
            {
                var at = batch;
                var inside = progress is null
                    ? null
                    : new Relay(report =>
                        progress.Report(
                            new RunProgress(
                                (at + report.Fraction) / data.Batches,
                                data.Batches == 1 ? report.Message : $"batch {at + 1} of {data.Batches}, {report.Message}"
                            )
                        )
                    );
                var isChecked = batch == 0 && Check is not null;
                var values = runner.Run(
                    feeds,
                    isChecked ? [.. outputs.Union(given.Values)] : outputs,
                    isChecked ? outputs.ToHashSet() : onHost,
                    keep,
                    inside,
                    cancellation
                );
                if (isChecked)
                    progress?.Report(new RunProgress((double)batch / data.Batches, "", RunPhase.Check));
                if (isChecked)
                    check = CheckFirst(Check!, results, given, values, feeds, cancellation);
                var share = (double)samples / data.Samples;
                var (last, weights) = (batch == data.Batches - 1, summed.Select(index => join.Weight(results[index].Name, share)));
                if (
                    sums?.Take([.. summed.Select(index => values[results[index].Value])], [.. weights], last, cancellation)
                    is { } found
                        and >= 0
                )
                    throw NotFinite(results[summed[found]].Name, "");
                foreach (var index in read)
                {
                    var tensor = values[results[index].Value];
                    if (!OrtTensors.IsFinite(tensor))
                        throw NotFinite(results[index].Name, data.Where(batch));
                    joined[index]
                        .Join(
                            OrtTensors.Doubles(tensor),
                            OrtTensors.Shape(tensor),
                            join.Weight(results[index].Name, share),
                            join.PerSample.Contains(results[index].Name),
                            AddsSquares(index)
                        );
                }
                foreach (var tensor in values.Values)
                    tensor.Dispose();
                times.Add((clock.Elapsed - start).TotalSeconds);
            }
            finally
            {
                foreach (var feed in feeds.Values)
                    feed.Dispose();
            }

            UserErrorException NotFinite(string name, string where) =>
                new(new NonFiniteSearch(program, settings).Describe(name, feeds, cancellation) + where);
        }
        foreach (var (index, sum) in summed.Zip(sums?.Sums ?? []))
            joined[index].Join(OrtTensors.Doubles(sum), OrtTensors.Shape(sum), weight: 1, perSample: false, squares: false);
        progress?.Report(new RunProgress(1, "done"));
        var tensors = results.Select(
            (output, index) =>
                new ResultTensor(
                    output.Name,
                    Precision.Model.Widen(output.Value.Type.Element),
                    [.. joined[index].Shape],
                    joined[index].Values
                )
        );
        seconds = seconds.SetItem("run", clock.Elapsed.TotalSeconds - (check?.Seconds ?? 0));
        if (check is not null)
            seconds = seconds.SetItem("check", check.Seconds);
        return new CurvatureResult([.. tensors], data.Samples, data.Batches, seconds, Process.GetCurrentProcess().PeakWorkingSet64)
        {
            Check = check ?? CheckReport.None("", Unchecked),
            SecondsOfABatch = times.Count > 2 ? times.Skip(1).Order().ElementAt((times.Count - 1) / 2) : null,
            Notes = runner.Placement is { } placement ? [placement.With(sums?.Placement ?? NodePlacement.None).Describe()] : [],
        };
    }

    /// <summary>Why there is no check, where there is none: a clause.</summary>
    public string Unchecked { get; init; } = "";

    private CheckReport CheckFirst(
        RunCheck check,
        ImmutableArray<NamedValue> results,
        Dictionary<Value, Value> given,
        IReadOnlyDictionary<Value, OrtValue> values,
        Dictionary<Value, OrtValue> feeds,
        CancellationToken cancellation
    )
    {
        var byName = results.ToDictionary(output => output.Name, output => values[output.Value], StringComparer.Ordinal);
        // What is not finite is refused with the node that made it.
        return byName.Values.All(OrtTensors.IsFinite)
            ? check.Run(
                name => (OrtTensors.Doubles(byName[name]), OrtTensors.Shape(byName[name])),
                value => values[given[value]],
                feeds
                    .Where(feed => feed.Key.Name is not null)
                    .ToDictionary(feed => feed.Key.Name!, feed => feed.Value, StringComparer.Ordinal),
                settings,
                cancellation
            )
            : CheckReport.None("", "a result is not finite");
    }

    /// <summary>Whether the output's results of batches are added up as they are.</summary>
    private bool CanBeSummed(int index) =>
        !join.PerSample.Contains(program.Outputs[index].Name)
        && !AddsSquares(index)
        && program.Outputs[index].Value.Type.Element is ElementType.Float32 or ElementType.Float64;

    private bool AddsSquares(int index) =>
        join.Independent && program.Outputs[index].Name.EndsWith("_standard_error", StringComparison.Ordinal);

    /// <summary>Passes reports on at once, on the thread that makes them.</summary>
    private sealed class Relay(Action<RunProgress> report) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => report(value);
    }
}
