using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A run that is planned and whose data have been checked, but that has not begun.</summary>
public sealed class PreparedRun
{
    private readonly OnnxModel _model;
    private readonly Program _program;
    private Value? _batchNumber;
    private readonly BatchJoin _join;
    private readonly DataSet _data;
    private readonly CurvatureRunOptions _options;
    private readonly ImmutableDictionary<string, double> _seconds;
    private (CurvatureRequest Request, Func<int, PreparedRun> Again)? _more;
    private AugmentedMetadata? _augmented;

    private PreparedRun(OnnxModel model, Program program, BatchJoin join, DataSet data, CurvatureRunOptions options, ImmutableDictionary<string, double> seconds)
    {
        (_model, _program, _join, _data, _options, _seconds) = (model, program, join, data, options, seconds);
    }

    /// <summary>How each second-order quantity is computed; none for an augmented file, which says so itself.</summary>
    public ImmutableArray<WeightPlan> Methods { get; private init; } = [];

    /// <summary>What the user should know: one sentence each.</summary>
    public ImmutableArray<string> Notes { get; private init; } = [];

    /// <summary>The number of batches.</summary>
    public int Batches => _data.Batches;

    /// <summary>Estimated floating-point operations for one batch.</summary>
    public double Flops { get; private init; }

    /// <summary>Estimated peak of the values of one run, weights not counted, in bytes.</summary>
    public double MemoryBytes { get; private init; }

    /// <summary>About how long all batches will take, in seconds, and the most memory that the process will hold, in bytes; null on a device, of which nothing is known.</summary>
    public (double Seconds, double PeakBytes)? Estimate { get; private init; }

    /// <summary>The sizes that symbolic dimensions have in this run.</summary>
    public ImmutableDictionary<string, long> Dimensions { get; private init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Runs. Throws <see cref="UserErrorException"/> for a result that is not finite.</summary>
    /// <remarks>Where an error is asked for, runs are repeated with more probes until it is reached.</remarks>
    public CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var run = this;
        var result = run.Once(progress, cancellation);
        while (run._more is { } more && ProbeRefinement.Next(more.Request, result) is { } probes)
        {
            run = more.Again(probes);
            result = run.Once(progress, cancellation) with { Probes = probes };
        }
        return result;
    }

    private CurvatureResult Once(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var result = new CurvatureRunner(_program, _join, Settings(_model.Path, _options), Limits(_options, Dimensions)) { BatchNumber = _batchNumber }.Run(_data, _seconds, progress, cancellation);
        return _augmented is null ? result : result with { Tensors = [.. result.Tensors.Select(_augmented.Describe)] };
    }

    /// <summary>The arrays of the first batch alone, by name.</summary>
    internal IReadOnlyDictionary<string, NpyArray> FirstBatch() => _data.Batch(0).Arrays.ToDictionary(entry => entry.Key.Name!, entry => entry.Value);

    internal static PreparedRun Create(string modelPath, CurvatureRequest? request, IReadOnlyDictionary<string, NpyArray> data, CurvatureRunOptions options)
    {
        var clock = Stopwatch.StartNew();
        OrtEnvironment.Start(options.OnnxRuntimePath);
        var (provider, why) = CudaProvider.Choose(options.Provider, options.Cuda);
        options = options with { Provider = provider };
        var asked = options;
        var model = CurvatureEngine.Load(modelPath, options.Dimensions, request, keepLoops: request is null, partial: true);
        // Reading the files takes about as long as all else before the run.
        var check = Task.Run(() => AugmentedMetadata.CheckWeightFiles(model));
        // Which branch of an If is taken may hang on the sizes that the data have; those of the axes after the first are sure.
        if (!model.LeftOutNodes.IsEmpty)
        {
            options = options with { Dimensions = DataSet.Dimensions(model.Graph.Inputs, data, options.BatchSize, firstAxis: false).SetItems(options.Dimensions) };
            model = CurvatureEngine.Load(modelPath, options.Dimensions, request, keepLoops: request is null);
        }
        // Batches are rows of the first axis; where samples lie along another, all are one batch. So they are of an augmented model, whose results belong to the batch
        // that they are computed of, as a gradient that is averaged over it does.
        var isOneBatch = AugmentedMetadata.Read(model.Metadata) is { } metadata && (request is not null || metadata.IsOfOneBatch);
        if (isOneBatch)
            RequireWhole(model, data, options);
        if (!model.Graph.SampleAxes.IsEmpty || isOneBatch)
            options = options with { BatchSize = int.MaxValue };
        // Symbolic entries cannot be counted, so results for each sample need batches of one size.
        var rows = DataSet.BatchRows(model.Graph.Inputs, options.BatchSize);
        if (request is not null && DataSet.SamplesOf(model.Graph.Inputs, data) is { } samples && samples > rows
            && TargetSamples.AnyInSeveralBatches(model.Graph, Target.Resolve(model.Graph, request.WithRespectTo)))
            options = options with { BatchSize = DataSet.EvenBatch(samples, rows) };
        // What the data tell of symbolic dimensions makes the program a plainer one, so the model is read again with that.
        var dimensions = options.Dimensions.AddRange(DataSet.Dimensions(model.Graph.Inputs, data, options.BatchSize).Where(entry => !options.Dimensions.ContainsKey(entry.Key)));
        if (dimensions.Count > options.Dimensions.Count)
            model = CurvatureEngine.Load(modelPath, dimensions, request, keepLoops: request is null);
        if (request is { Tolerance: not null, KeptClasses: null })
            request = request with { KeptClasses = ClassCount.Of(CurvatureEngine.Load(modelPath, dimensions, request), request, data, options, Settings(modelPath, options), Limits(options, dimensions)) };
        var loaded = clock.Elapsed.TotalSeconds;
        var run = request is null
            ? OfAugmented(model, data, options, dimensions)
            : OfRequest(model, request, data, options, dimensions);
        check.GetAwaiter().GetResult();
        return new PreparedRun(run._model, run._program, run._join, run._data, run._options,
            ImmutableDictionary<string, double>.Empty.Add("load", loaded).Add("plan", clock.Elapsed.TotalSeconds - loaded))
        {
            _batchNumber = run._batchNumber,
            _augmented = run._augmented,
            Methods = run.Methods,
            Notes = [.. run.Notes, .. ProviderNotes(why, options, run._program)],
            Flops = run.Flops,
            MemoryBytes = run.MemoryBytes,
            Dimensions = dimensions,
            Estimate = options.Provider == "cpu" ? run.Estimated(new CostModel(Limits(options, dimensions))) : null,
            _more = request?.TargetError is null ? null : (request, probes => Create(modelPath, request with { Probes = probes }, data, asked)),
        };
    }

    private (double Seconds, double PeakBytes) Estimated(CostModel costs)
    {
        var times = new TimeModel(costs, _options.Threads > 0 ? _options.Threads : Environment.ProcessorCount);
        return (times.Start(_program) + Batches * times.Run(_program), new MemoryBudget(_options.MemoryBytes, Batches > 1).PeakBytes(_program, MemoryBytes, Flops) + MemoryBudget.OfNodes(_program));
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

    private static PreparedRun OfRequest(OnnxModel model, CurvatureRequest request, IReadOnlyDictionary<string, NpyArray> data, CurvatureRunOptions options, ImmutableDictionary<string, long> dimensions)
    {
        AugmentedMetadata.CheckDerivable(model);
        var (limits, batches) = (Limits(options, dimensions), DataSet.SamplesOf(model.Graph.Inputs, data) > DataSet.BatchRows(model.Graph.Inputs, options.BatchSize));
        var plan = options.Provider == "cpu" && options.ChunkBytes is null
            ? new MemoryBudget(options.MemoryBytes, severalBatches: batches).Plan(chunk => Plan(limits with { MemoryBytes = chunk }))
            : Plan(limits).Within(limits);
        foreach (var output in plan.Program.Outputs)
            if (limits.Size(output.Value.Type.Shape.Elements) * output.Value.Type.Element.Size() is > int.MaxValue and var bytes)
                throw new UserErrorException($"'{output.Name}' would take {Math.Ceiling(bytes / (1 << 30))} GiB for a batch, and 2 GiB is the most that one result may have; ask for parts, as in --wrt 'NAME[0:16]', or for smaller batches.");
        var set = DataSet.Bind([.. plan.Program.Parameters.Where(parameter => parameter != plan.BatchNumber)], data, options.BatchSize, plan.Loss.Labels, plan.WholeInputs);
        if (plan.IsOfOneBatch)
            RequireOneBatch(model, set);
        return new PreparedRun(model, plan.Program, new BatchJoin(plan.Loss.Reduction == BatchWeight.Samples, [.. plan.PerSample], [.. plan.Unweighted]) { Independent = plan.BatchNumber is not null }, set, options, ImmutableDictionary<string, double>.Empty)
        {
            _batchNumber = plan.BatchNumber,
            Methods = plan.Methods,
            Notes = [.. model.Notes, .. plan.Notes, .. set.Notes],
            Flops = plan.Flops,
            MemoryBytes = plan.MemoryBytes,
        };

        CurvaturePlan Plan(PlanLimits limits) => CurvatureEngine.Plan(model, new Planner(model.Graph, request, limits) { NumbersBatches = batches && request.IsRandom });
    }

    private static PreparedRun OfAugmented(OnnxModel model, IReadOnlyDictionary<string, NpyArray> data, CurvatureRunOptions options, ImmutableDictionary<string, long> dimensions)
    {
        var metadata = AugmentedMetadata.Read(model.Metadata)
            ?? throw new UserErrorException($"'{model.Path}' is not an augmented model; say what is asked for with --wrt and --loss.");
        if (metadata.Runs > 1)
            throw new UserErrorException($"'{model.Path}' is written for callers that make {metadata.Runs} runs and add up (--profile portable); write it with --profile single-run to run it here.");
        if (metadata.Outputs.IsEmpty)
            throw new UserErrorException($"The metadata of '{model.Path}' name no output that holds a result, so there is nothing to run; write the file again with augment.");
        if (metadata.Outputs.FirstOrDefault(name => model.Graph.Outputs.All(output => output.Name != name)) is { } missing)
            throw new UserErrorException($"The metadata of '{model.Path}' name the result '{missing}', which the file does not give out; write the file again with augment.");
        var program = Program.Create(model.Graph.Inputs, model.Graph.Outputs.Where(output => metadata.Outputs.Contains(output.Name)));
        var set = DataSet.Bind(program.Parameters, data, options.BatchSize, metadata.Labels, metadata.WholeInputs);
        if (metadata.IsOfOneBatch)
            RequireOneBatch(model, set);
        var costs = new CostModel(Limits(options, dimensions));
        return new PreparedRun(model, program, new BatchJoin(metadata.Averages, [.. metadata.PerSample], [.. metadata.Unweighted]), set, options, ImmutableDictionary<string, double>.Empty)
        {
            _augmented = metadata,
            Notes = [.. metadata.Methods, .. metadata.NewNames, .. set.Notes],
            Flops = costs.Flops(program),
            MemoryBytes = costs.PeakBytes(program),
        };
    }

    private static void RequireWhole(OnnxModel model, IReadOnlyDictionary<string, NpyArray> data, CurvatureRunOptions options)
    {
        if (DataSet.SamplesOf(model.Graph.Inputs, data) > options.BatchSize)
            throw new UserErrorException($"--batch-size {options.BatchSize} was asked for, and results that are derived of an augmented model's belong to all samples at once; leave it out.");
    }

    private static void RequireOneBatch(OnnxModel model, DataSet set)
    {
        if (set.Batches > 1)
            throw new UserErrorException($"'{model.Path}' takes batches of {set.BatchSize} samples, to which its results belong, and --data holds {set.Samples}; give {set.BatchSize}, or augment a model with a symbolic batch axis.");
    }

    private static OrtSettings Settings(string modelPath, CurvatureRunOptions options) => new(Path.GetDirectoryName(Path.GetFullPath(modelPath))!, options.Provider, options.Threads) { Cuda = options.Cuda };

    private static PlanLimits Limits(CurvatureRunOptions options, ImmutableDictionary<string, long> dimensions) =>
        new() { Provider = options.Provider, MemoryBytes = options.ChunkBytes ?? options.MemoryBytes, Dimensions = dimensions, DefaultDimension = options.BatchSize ?? 1 };
}
