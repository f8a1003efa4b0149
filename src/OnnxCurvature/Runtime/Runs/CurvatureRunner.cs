using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// Runs a program over a data set, batch by batch, and puts the batches' results together in double. A batch of many chunks of directions
/// is run in several segments.
/// </summary>
internal sealed class CurvatureRunner(Program program, BatchJoin join, OrtSettings settings, PlanLimits limits)
{
    private readonly CostModel _costs = new(limits);

    /// <summary>The parameter that takes the number of the batch, or null.</summary>
    public Value? BatchNumber { get; init; }

    /// <summary>The check of the first batch, or null.</summary>
    public RunCheck? Check { get; init; }

    /// <summary>Why there is no check, where there is none: a clause.</summary>
    public string Unchecked { get; init; } = "";

    /// <summary>The sessions that are kept for other runs of the program; null where they end with the run.</summary>
    public RunSessions? Sessions { get; init; }

    /// <summary>Whether sessions take weights that are mapped once for all of them.</summary>
    public bool SharesWeights { get; init; }

    /// <summary>The most memory that the process may hold; null where it is not watched.</summary>
    public MemoryBound? Bound { get; init; }

    /// <summary>The pool of memory that sessions share; null where each has its own.</summary>
    public PoolSize? Pool { get; init; }

    /// <summary>The bytes that the process holds.</summary>
    public Func<long> HeldBytes { get; init; } = () => Environment.WorkingSet;

    /// <summary>Is given the bytes of arrays that grow with the data or the results, before they are allocated.</summary>
    public Action<long> Allocating { get; init; } = _ => { };

    /// <summary>
    /// Runs. Throws <see cref="UserErrorException"/> for a result that holds NaN or infinity, with the first node that made it.
    /// </summary>
    public CurvatureResult Run(
        DataSet data,
        ImmutableDictionary<string, double> seconds,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => Compute(data, null, progress, cancellation).Finish(seconds, data.Samples);

    /// <summary>
    /// Computes the units of a run that are not done yet, or those of a shard of it. Throws <see cref="MemoryExceededException"/> where a
    /// unit takes more than the bound.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="keeper">The keeper of the work; null where there is none.</param>
    /// <param name="progress">Receives the share of the work that is done.</param>
    /// <param name="cancellation">Ends the run, and has what was done kept.</param>
    public ComputedRun Compute(DataSet data, RunKeeper? keeper, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        progress?.Report(RunProgress.Begin(RunPhase.Run));
        _costs.Learn(program);
        OrtEnvironment.Start(null);
        using var own = Sessions is null ? new RunSessions() : null;
        var sessions = Sessions ?? own!;
        var (schedule, runner) = Scheduled(sessions);
        var keep = ScheduleRunner.Keeps(data.Batches > 1 || Sessions is not null, _costs.Flops(program), settings.Provider);
        // Sessions that are kept for another run change nothing about what is added up to what.
        var keepsForBatches =
            settings.Provider != ExecutionProvider.Cpu || ScheduleRunner.Keeps(data.Batches > 1, _costs.Flops(program), settings.Provider);
        var segments = DirectionSegments.Of(program, schedule, _costs, data.Batches, keepsForBatches, settings.IsBound);
        ImmutableArray<NamedValue> results = [.. program.Outputs.SkipLast(Check?.Given.Length ?? 0)];
        var units = (keeper?.Shard ?? Shard.Whole).UnitsOf(data.Batches, segments.Count, segments.Limit, data.BatchSize);
        ImmutableArray<StateOutput> empty = [.. results.Select(output => StateOf(output, units.AreDivided))];
        var state = keeper?.Begin(units, empty) ?? new RunState(units, empty);
        state.Samples = data.Samples;
        var summed = settings.IsBound && data.Batches * segments.Count > 1 && !units.AreDivided;
        using var watch = Watch(sessions, segments, cancellation);
        var keepsSessions = keep || segments.KeepsSessions(program, settings.Provider);
        using var batches = new BatchRunner(program, results, runner, segments, join, runner.Settings, state, summed)
        {
            Check = Check,
            Expect = bytes =>
            {
                Allocating(bytes);
                watch?.Measure(bytes);
            },
            Recover = () =>
            {
                sessions.GiveBackUnused();
                watch?.Trim();
                watch?.Restart();
            },
            KeepsSessions = keepsSessions,
            Group =
                keepsSessions && !settings.IsBound && keeper is not { KeepsEachUnit: true }
                    ? SegmentGroup.Of(segments, schedule, settings.ChunksAtOnce, results.Sum(output => _costs.Bytes(output.Value)))
                    : SegmentGroup.One,
        };
        var (before, waited, times) = (state.Seconds, 0.0, new List<double>());
        var begun = state.Next;
        try
        {
            var feeds = Feeds(data, state.Next / segments.Count);
            while (!state.IsComplete)
            {
                var (start, batch) = (clock.Elapsed, state.Next / segments.Count);
                using var fed = feeds.GetAwaiter().GetResult();
                waited += (clock.Elapsed - start).TotalSeconds;
                // The next batch is read while this one runs.
                feeds = (batch + 1) * segments.Count < units.End ? Feeds(data, batch + 1) : feeds;
                do
                {
                    WithinBound(
                        () => batches.RunUnits(data, fed, progress, () => watch?.Token ?? cancellation, cancellation),
                        isFirst: state.Next == begun
                    );
                    state.Seconds = before + clock.Elapsed.TotalSeconds;
                    keeper?.Offer(() => StateOnHost(batches, state));
                } while (!state.IsComplete && state.Next / segments.Count == batch);
                times.Add((clock.Elapsed - start).TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && keeper is not null)
        {
            if (keeper.Interrupt(StateOnHost(batches, state), cancellation) is { } interrupted)
                throw interrupted;
            throw;
        }
        progress?.Report(new RunProgress(1, "done"));
        return new ComputedRun(batches.StateOnHost(cancellation))
        {
            Batches = data.Batches,
            Unchecked = Unchecked,
            Notes = batches.Placement is { } placement ? [placement.Describe()] : [],
            SecondsForData = waited,
            SecondsOfABatch = times.Count > 2 ? times.Skip(1).Order().ElementAt((times.Count - 1) / 2) : null,
        };

        // Memory that earlier units left is given back where one comes to the bound, and that one is run again.
        void WithinBound(Action run, bool isFirst)
        {
            for (var isFresh = isFirst; ; isFresh = true)
            {
                try
                {
                    run();
                    return;
                }
                catch (OperationCanceledException) when (watch is { HasStopped: true } && !cancellation.IsCancellationRequested)
                {
                    if (isFresh)
                        throw new MemoryExceededException();
                    batches.Release();
                    sessions.Release();
                    watch.Trim();
                    watch.Restart();
                }
            }
        }
    }

    /// <summary>The program cut at its loops, and what runs it.</summary>
    private (ProgramSchedule Schedule, ScheduleRunner Runner) Scheduled(RunSessions sessions) =>
        sessions.Of(
            () => ProgramSchedule.Of(program),
            () => Pool is { } pool ? SharedArena.Use(pool) : null,
            (steps, shares) =>
                new ScheduleRunner(
                    steps,
                    settings with
                    {
                        SharesArena = shares,
                        Weights = SharesWeights && !settings.IsBound ? sessions.Weights : null,
                        StopForMemory = () => sessions.StopForMemory(),
                    },
                    _costs
                )
        );

    /// <summary>The watch over the bound on memory, which ends what sessions do; null where nothing bounds it.</summary>
    private MemoryWatch? Watch(RunSessions sessions, DirectionSegments segments, CancellationToken cancellation)
    {
        var watch = Bound is { } bound
            ? new MemoryWatch(bound, HeldBytes, cancellation)
            {
                // A pool with a limit holds back what exceeds it before the node has it; sums of earlier segments are not part of it.
                NodeBytes = sessions.HoldsLimit && segments.Count == 1 ? 0 : settings.ChunksAtOnce * LargestNode(program),
            }
            : null;
        sessions.StopForMemory = () => watch?.Stop() ?? false;
        return watch;
    }

    private RunState StateOnHost(BatchRunner batches, RunState state)
    {
        Allocating(state.Outputs.Sum(output => output.Joined.Pieces.Values.Sum(piece => piece.Sum.Bytes)));
        return batches.StateOnHost(CancellationToken.None);
    }

    /// <summary>The most bytes of a node's outputs.</summary>
    private double LargestNode(Program one) =>
        one
            .Nodes.Select(node => Math.Max(node.Outputs.Sum(_costs.Bytes), node.Bodies.Select(LargestNode).DefaultIfEmpty(0).Max()))
            .DefaultIfEmpty(0)
            .Max();

    private StateOutput StateOf(NamedValue output, bool firstSeparate) =>
        new(output.Name, Precision.Model.Widen(output.Value.Type.Element), new JoinedOutput(join.KindOf(output.Name), firstSeparate));

    private Task<FedBatch> Feeds(DataSet data, long batch) =>
        Task.Run(() =>
        {
            var (arrays, samples) = data.Batch((int)batch);
            Allocating(arrays.Sum(entry => entry.Key.Type.Element.Bytes(entry.Value.Count)));
            var values = arrays.ToDictionary(entry => entry.Key, entry => OrtTensors.Of(entry.Value, entry.Key.Type.Element));
            if (BatchNumber is not null)
                values[BatchNumber] = OrtTensors.Scalar(batch);
            return new FedBatch(values, (double)samples / data.Samples);
        });
}

/// <summary>The inputs of a batch, as ONNX Runtime takes them.</summary>
/// <param name="Values">The values by parameter.</param>
/// <param name="Share">The batch's share of the samples.</param>
internal sealed record FedBatch(Dictionary<Value, OrtValue> Values, double Share) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in Values.Values)
            value.Dispose();
    }
}
