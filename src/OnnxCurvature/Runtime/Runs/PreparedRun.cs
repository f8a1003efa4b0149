using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A run that is planned and whose data have been checked, but that has not begun.</summary>
public sealed class PreparedRun
{
    private readonly RunPlan _plan;
    private readonly CurvatureRunOptions _options;
    private readonly IReadOnlyDictionary<string, NpyArray> _given;
    private readonly ImmutableDictionary<string, double> _seconds;

    private PreparedRun(
        RunPlan plan,
        CurvatureRunOptions options,
        IReadOnlyDictionary<string, NpyArray> given,
        ImmutableDictionary<string, double> seconds
    )
    {
        _plan = plan;
        _options = options;
        _given = given;
        _seconds = seconds;
    }

    /// <summary>How each second-order quantity is computed; none for an augmented file, which says so itself.</summary>
    public ImmutableArray<WeightPlan> Methods => _plan.Methods;

    /// <summary>What the user should know: one sentence each.</summary>
    public ImmutableArray<string> Notes { get; private init; } = [];

    /// <summary>The full paths of the files that the model is read from.</summary>
    public ImmutableArray<string> ModelFiles { get; private init; } = [];

    /// <summary>The nodes that use each weight, by the weight's name.</summary>
    public IReadOnlyDictionary<string, string> Nodes { get; private init; } = ImmutableDictionary<string, string>.Empty;

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
    public (double Seconds, double PeakBytes)? Estimate { get; private init; }

    /// <summary>The sizes that symbolic dimensions have in this run.</summary>
    public ImmutableDictionary<string, long> Dimensions => _plan.Source.Dimensions;

    /// <summary>The loss, with what the data tell of it; null where an augmented file is run.</summary>
    internal LossRequest? Loss => _plan.Loss;

    /// <summary>How the model of this run is loaded.</summary>
    internal ModelSource Source => _plan.Source;

    /// <summary>Runs. Throws <see cref="UserErrorException"/> for a result that is not finite.</summary>
    /// <remarks>Where an error is asked for, runs are repeated with more probes until it is reached.</remarks>
    public CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation) =>
        ErrorBoundary.Translate(() => RunAll(progress, cancellation));

    private CurvatureResult RunAll(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var run = this;
        var result = run.Once(progress, cancellation);
        while (run.Source.Request is { } request && ProbeRefinement.Next(request, result) is { } probes)
        {
            run = Create(Source.Path, request with { Probes = probes }, _given, _options, progress);
            result = run.Once(progress, cancellation) with { Probes = probes };
        }
        return result;
    }

    /// <summary>The arrays of the first batch alone, by name, with those that are taken as constant.</summary>
    internal IReadOnlyDictionary<string, NpyArray> FirstBatch()
    {
        var batch = _plan.Data.Batch(0).Arrays.ToDictionary(entry => entry.Key.Name!, entry => entry.Value);
        return _given.ToDictionary(entry => entry.Key, entry => batch.GetValueOrDefault(entry.Key, entry.Value));
    }

    /// <summary>Plans a run of a request, or, where it is null, of an augmented file. Throws <see cref="UserErrorException"/>.</summary>
    internal static PreparedRun Create(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, NpyArray> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress = null
    )
    {
        progress?.Report(RunProgress.Begin(RunPhase.Load));
        var clock = Stopwatch.StartNew();
        OrtEnvironment.Start(options.OnnxRuntimePath);
        var (provider, why) = CudaProvider.Choose(options.Provider, options.Cuda);
        options = options with { Provider = provider };
        var inputs = RunInputs.Resolve(
            new ModelSource(modelPath, request) { Dimensions = options.Dimensions, Limits = options.LoadLimits },
            data
        );
        // Reading the files takes about as long as all else before the run.
        var check = Task.Run(() => AugmentedMetadata.CheckWeightFiles(inputs.Model));
        var loaded = clock.Elapsed.TotalSeconds;
        progress?.Report(RunProgress.Begin(RunPhase.Plan));
        var plan = request is null ? AugmentedRun.Plan(inputs, options) : RequestedRun.Plan(inputs, request, options);
        check.GetAwaiter().GetResult();
        var seconds = ImmutableDictionary<string, double>.Empty.Add("load", loaded).Add("plan", clock.Elapsed.TotalSeconds - loaded);
        return new PreparedRun(plan, options, data, seconds)
        {
            ModelFiles = inputs.Model.Files,
            Nodes = WeightUse.NodesByWeight(inputs.Model.Graph),
            Notes = [.. plan.Notes, .. ProviderNotes(why, options, plan.Program)],
            Estimate = options.Provider == "cpu" ? plan.Estimated(options) : null,
        };
    }

    private CurvatureResult Once(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var (settings, limits) = (_plan.Settings(_options), RunPlan.Limits(_options, Source));
        var runner = new CurvatureRunner(_plan.Program, _plan.Join, settings, limits)
        {
            BatchNumber = _plan.BatchNumber,
            Check = _plan.Check,
            Unchecked = _plan.Unchecked,
        };
        var result = runner.Run(_plan.Data, _seconds, progress, cancellation);
        return _plan.Augmented is not { } metadata ? result : result with { Tensors = [.. result.Tensors.Select(metadata.Describe)] };
    }

    private static IEnumerable<string> ProviderNotes(string? why, CurvatureRunOptions options, Program program)
    {
        if (why is not null)
            yield return why;
        if (options.Provider != "cuda")
            yield break;
        yield return CudaKernels.Forecast(program);
        if (options.Cuda.AllowTf32)
            yield return "TF32 is on, so products round their factors to ten bits.";
    }
}
