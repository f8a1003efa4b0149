using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A run that is planned and whose data have been checked, but that has not begun.</summary>
internal sealed class PreparedRun : IDisposable
{
    /// <summary>The share of the planned bytes that the next plan may take, after a run has come to the bound on memory.</summary>
    private const double SmallerShare = 0.6;

    private readonly RunPlan _plan;
    private readonly CurvatureRunOptions _options;
    private readonly IReadOnlyDictionary<string, DataSource> _given;
    private readonly ImmutableDictionary<string, double> _seconds;
    private readonly Lazy<RunIdentity> _identity;
    private readonly PlanFacts _facts;
    private RunSessions? _sessions;

    /// <param name="plan">The plan.</param>
    /// <param name="options">How the run is carried out.</param>
    /// <param name="given">The data, by the names of inputs.</param>
    /// <param name="seconds">How long each step before the run took.</param>
    /// <param name="facts">What sessions need to know of the plan.</param>
    /// <param name="numbers">The samples that were selected; null for all.</param>
    public PreparedRun(
        RunPlan plan,
        CurvatureRunOptions options,
        IReadOnlyDictionary<string, DataSource> given,
        ImmutableDictionary<string, double> seconds,
        PlanFacts facts,
        SampleNumbers? numbers
    )
    {
        _facts = facts;
        _identity = new Lazy<RunIdentity>(() => RunIdentities.Of(plan, options, facts, given, numbers));
        _plan = plan;
        _options = options;
        _given = given;
        _seconds = seconds;
    }

    /// <summary>How each second-order quantity is computed; none for an augmented file, which says so itself.</summary>
    public ImmutableArray<WeightPlan> Methods => _plan.Methods;

    /// <summary>Notes for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The full paths of the files that the model is read from.</summary>
    public ImmutableArray<string> ModelFiles { get; init; } = [];

    /// <summary>The nodes that use each weight, by the weight's name.</summary>
    public IReadOnlyDictionary<string, string> Nodes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The number of batches.</summary>
    public int Batches => _plan.Data.Batches;

    /// <summary>Estimated floating-point operations for one batch.</summary>
    public double Flops => _plan.Flops;

    /// <summary>Estimated peak of the values of one run, weights not counted, in bytes.</summary>
    public double MemoryBytes => _plan.MemoryBytes;

    /// <summary>
    /// About how long all batches will take, in seconds, and the most memory that the process will hold, in bytes; null on a device, of
    /// which nothing is known.
    /// </summary>
    public (double Seconds, double PeakBytes)? Estimate { get; init; }

    /// <summary>The sizes that symbolic dimensions have in this run.</summary>
    public ImmutableDictionary<string, long> Dimensions => _plan.Source.Dimensions;

    /// <summary>The loss, with what follows for it from the data; null where an augmented file is run.</summary>
    internal LossRequest? Loss => _plan.Loss;

    /// <summary>How the model of this run is loaded.</summary>
    internal ModelSource Source => _plan.Source;

    /// <summary>Runs. Throws <see cref="UserErrorException"/> for a result that is not finite.</summary>
    /// <remarks>Where an error is asked for, runs are repeated with more probes until it is reached.</remarks>
    public CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation) =>
        ErrorBoundary.Translate(() => RunAll(progress, cancellation));

    /// <summary>
    /// Runs the shard that the options name and writes what it gives, from which <see cref="ShardMerge"/> makes the result. A shard that is
    /// there already is left as it is where the run resumes.
    /// </summary>
    /// <param name="path">The file of the shard.</param>
    /// <param name="progress">Receives the share of the work that is done.</param>
    /// <param name="cancellation">Ends the run, and has what was done kept.</param>
    /// <returns>How much was computed, for people: <c>5 of 5 batches</c>.</returns>
    public string RunShard(string path, IProgress<RunProgress>? progress, CancellationToken cancellation) =>
        ErrorBoundary.Translate(() =>
        {
            if (_options.Checkpoint is { Resumes: true } && File.Exists(path))
            {
                var (other, _, units, next) = StateFile.ReadIdentity(path);
                if (_identity.Value.DifferenceTo(other, "here", "there") is { } difference)
                    throw new UserErrorException($"'{path}' is of another run, because {difference}; give another -o, or remove the file.");
                if (next == units.End)
                    return "all of it was there already";
            }
            var keeper = Keeper();
            using var profiles = _options.ProfilePath is null ? null : new SessionProfiles();
            ComputedRun run;
            try
            {
                run = Runner(profiles).Compute(_plan.Data, keeper, progress, cancellation);
            }
            catch (MemoryExceededException)
            {
                throw new UserErrorException(
                    $"{Stopped}; all shards need one plan, so give a smaller --memory to all of them, or {_options.Bound.Remedy}."
                );
            }
            profiles?.Write(_options.ProfilePath!);
            StateFile.Write(path, _identity.Value, run.State, Info(run.State), _options.Faults.Files);
            return string.Join("; ", new[] { run.State.Progress, keeper.Finish() }.OfType<string>());
        });

    /// <summary>This run, whose sessions from now on are kept until it is disposed.</summary>
    internal PreparedRun KeepingSessions()
    {
        _sessions ??= new RunSessions();
        return this;
    }

    /// <summary>
    /// A run of the same request over other data: with this plan and its sessions where it holds for them, and else with a plan of its own,
    /// after this run's sessions are given up. Throws <see cref="UserErrorException"/> for data that do not fit.
    /// </summary>
    internal PreparedRun Over(
        IReadOnlyDictionary<string, DataSource> data,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => ErrorBoundary.Translate(() => PlannedOver(data, progress, cancellation));

    private PreparedRun PlannedOver(
        IReadOnlyDictionary<string, DataSource> data,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (_options is { Shard: null, Checkpoint: null } && _plan.Over(data) is { } plan)
            return new PreparedRun(plan, _options, data, ImmutableDictionary<string, double>.Empty, _facts, numbers: null)
            {
                ModelFiles = ModelFiles,
                Nodes = Nodes,
                Notes = Notes,
                Estimate = Estimate,
                _sessions = _sessions,
            };
        Dispose();
        return RunPreparation.Of(Source.Path, Source.Request, data, _options.EndedBy(cancellation), progress).KeepingSessions();
    }

    /// <summary>Gives up sessions that are kept.</summary>
    public void Dispose() => _sessions?.Dispose();

    private CurvatureResult RunAll(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var first = Resumed();
        var (run, result) = first.Within(progress, cancellation);
        if (first != this)
            result = result with { Probes = first.Source.Request!.Probes };
        while (run.Source.Request is { } request && ProbeRefinement.Next(request, result) is { } probes)
        {
            var options = run._options.EndedBy(cancellation) with { PlannedBytes = null };
            run = RunPreparation.Of(Source.Path, request with { Probes = probes }, _given, options, progress);
            (run, result) = run.Within(progress, cancellation);
            result = result with { Probes = probes };
        }
        return result;
    }

    /// <summary>The run with as many random directions as a checkpoint has reached, where these follow from an error.</summary>
    private PreparedRun Resumed()
    {
        if (
            Source.Request is not { TargetError: not null } request
            || _options.Checkpoint is not { Resumes: true, Path: var path }
            || !File.Exists(path)
            || StateFile.Read(path).Probes is var probes && probes == request.Probes
        )
            return this;
        return RunPreparation.Of(Source.Path, request with { Probes = probes }, _given, _options);
    }

    /// <summary>The arrays of the first batch alone, by name, with those that are taken as constant.</summary>
    internal IReadOnlyDictionary<string, DataSource> FirstBatch()
    {
        var batch = _plan.Data.Batch(0).Arrays.ToDictionary(entry => entry.Key.Name!, entry => DataSource.Of(entry.Value));
        return _given.ToDictionary(entry => entry.Key, entry => batch.GetValueOrDefault(entry.Key, entry.Value));
    }

    /// <summary>
    /// The result, and the run that gave it: this one, or one with smaller chunks where this one came to the bound on memory. Throws
    /// <see cref="UserErrorException"/> where the smallest chunks take more.
    /// </summary>
    private (PreparedRun Run, CurvatureResult Result) Within(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var (run, notes) = (this, ImmutableArray<string>.Empty);
        while (true)
            try
            {
                var result = run.Once(progress, cancellation);
                return (run, result with { Notes = [.. result.Notes, .. notes] });
            }
            catch (MemoryExceededException)
            {
                run.Dispose();
                run = run.Smaller(progress);
                notes =
                [
                    $"The process came to the limit of {PlanLimits.Text(_options.Bound.Bytes)}, so the run was made again with chunks "
                        + $"as for --memory {run._options.PlannedBytes >> 20}M.",
                ];
            }
    }

    /// <summary>The same run with smaller chunks of directions, after this one was stopped.</summary>
    private PreparedRun Smaller(IProgress<RunProgress>? progress)
    {
        var planned = _options.PlannedBytes ?? _options.Bound.Bytes;
        while (Source.Request is not null && planned > 1)
        {
            planned = planned > MemoryBound.ProcessBytes ? (long)(planned * SmallerShare) : 1;
            var smaller = RunPreparation.Of(Source.Path, Source.Request, _given, _options with { PlannedBytes = planned }, progress);
            if (smaller._plan.MemoryBytes < _plan.MemoryBytes)
                return smaller;
        }
        var kept = _options.Checkpoint is { Path: var path } && File.Exists(path) ? $", with --resume, which goes on from '{path}'" : "";
        throw new UserErrorException($"{Stopped} with the smallest chunks; give a smaller --batch-size, or {_options.Bound.Remedy}{kept}.");
    }

    private string Stopped => $"The run was stopped, because its process came to the limit of {_options.Bound.Text}";

    private CurvatureResult Once(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        ReleasePlanning();
        // The files are digested while the run goes on.
        var identity = Task.Run(() => _identity.Value, CancellationToken.None);
        var keeper = Keeper();
        using var profiles = _options.ProfilePath is null ? null : new SessionProfiles();
        var result = Runner(profiles).Compute(_plan.Data, keeper, progress, cancellation).Finish(_seconds, _plan.Data.Samples);
        profiles?.Write(_options.ProfilePath!);
        result = result with
        {
            Tensors = [.. result.Tensors.Select(Named)],
            About = [.. identity.GetAwaiter().GetResult().Entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value))],
            Methods = MethodSentences,
            Nodes = Nodes,
            // A file of a result is read without the text that the run has printed.
            Notes = [.. Notes.Except(MethodSentences), .. result.Notes],
        };
        return keeper.Finish() is { } left ? result with { Notes = [.. result.Notes, left] } : result;
    }

    /// <summary>
    /// Gives back to the system the memory that planning has used, where the run is expected to come near its bound. That takes some
    /// hundredths of a second.
    /// </summary>
    private void ReleasePlanning()
    {
        if (Estimate is { PeakBytes: var peak } && 2 * peak > _options.Bound.Bytes)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private CurvatureRunner Runner(SessionProfiles? profiles)
    {
        var (settings, limits) = (_facts.Settings with { Profiles = profiles }, RunPlan.Limits(_options, Source));
        var runner = new CurvatureRunner(_plan.Program, _plan.Join, settings, limits)
        {
            BatchNumber = _plan.BatchNumber,
            Check = _plan.Check,
            Unchecked = _plan.Unchecked,
            Sessions = _sessions,
            Bound = _options.ChosenProvider == ExecutionProvider.Cpu ? _options.Bound : null,
            Pool = _facts.Pool,
            SharesWeights = _facts.SharesWeights,
            HeldBytes = _options.Faults.HeldBytes,
            Allocating = _options.Faults.Allocating,
        };
        return runner;
    }

    private RunKeeper Keeper() =>
        new(_options.Shard ?? Shard.Whole, _options.Checkpoint, () => _identity.Value, Info)
        {
            Probes = Source.Request?.Probes ?? 0,
            BeginsAnew = _options.PlannedBytes is not null,
            Files = _options.Faults.Files,
        };

    /// <summary>The part of a state's file for the summary.</summary>
    private ShardFileInfo Info(RunState state)
    {
        ResultTensor[] tensors =
        [
            .. state.Outputs.Select(output => Named(new ResultTensor(output.Name, output.Element, [], (double[])[]))),
        ];
        return new ShardFileInfo(
            _options.Shard ?? Shard.Whole,
            _plan.Data.Batches,
            tensors.ToImmutableDictionary(tensor => tensor.Name, tensor => tensor.CanonicalName, StringComparer.Ordinal),
            [.. tensors.Where(tensor => tensor.IsNegated).Select(tensor => tensor.Name)],
            MethodSentences,
            Notes,
            _plan.Unchecked,
            Nodes.ToImmutableDictionary(StringComparer.Ordinal)
        );
    }

    private ResultTensor Named(ResultTensor tensor) => _plan.Augmented?.Describe(tensor) ?? tensor;

    private ImmutableArray<string> MethodSentences =>
        _plan.Augmented?.Methods
        ?? [.. Methods.Select(method => $"{method.Quantity.OutputName(method.Target)}: {method.Method}, because {method.Reason}")];
}
