using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Runtime.Verification;

namespace OnnxCurvature;

/// <summary>
/// Derivatives of a loss of an ONNX model, for the tool and behind <see cref="CurvatureModel"/>. All methods throw
/// <see cref="UserErrorException"/>, with one clear sentence, for input that cannot be taken.
/// </summary>
internal static class CurvatureEngine
{
    /// <summary>Says what there is to know of a model.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="dimensions">Sizes of symbolic dimensions, by name.</param>
    /// <param name="fixedInputs">Values of inputs, by name, that become constants; null for none.</param>
    /// <param name="limits">The most that loading may take; null for the defaults.</param>
    /// <param name="progress">Receives the share of the weights that are surveyed.</param>
    /// <param name="cancellation">Ends the survey.</param>
    public static InspectReport Inspect(
        string modelPath,
        ImmutableDictionary<string, long> dimensions,
        IReadOnlyDictionary<string, Tensor>? fixedInputs = null,
        WorkLimits? limits = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(dimensions);
        return ErrorBoundary.Translate(() =>
        {
            progress?.Report(RunProgress.Begin(RunPhase.Load));
            var model = OnnxModel.Load(
                modelPath,
                new LoadOptions
                {
                    Dims = dimensions,
                    Fixed = (fixedInputs ?? ImmutableDictionary<string, Tensor>.Empty).ToImmutableDictionary(StringComparer.Ordinal),
                    Limits = limits ?? new WorkLimits(),
                    Oracle = new OrtShapeOracle(),
                    Partial = true,
                }
            );
            AugmentedMetadata.CheckWeightFiles(model);
            return new Inspector(model, limits ?? new WorkLimits()).Report(progress, cancellation);
        });
    }

    /// <summary>Writes a model that computes what is asked for besides what it computed before.</summary>
    public static AugmentReport Augment(string modelPath, CurvatureRequest request, string outPath, AugmentOptions options)
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(outPath);
        ArgumentNullException.ThrowIfNull(options);
        request.Check();
        DefinedValue.Check(options.Profile, nameof(options.Profile));
        return ErrorBoundary.Translate(() =>
        {
            options.Progress?.Report(RunProgress.Begin(RunPhase.Load));
            var source = new ModelSource(modelPath, request) { Dimensions = options.Dimensions, Limits = options.LoadLimits };
            var model = source.Load();
            AugmentedMetadata.CheckDerivable(model);
            AugmentedMetadata.CheckWeightFiles(model);
            options.Cancellation.ThrowIfCancellationRequested();
            model.BeginSha256();
            if (request.TargetError is not null)
                throw new UserErrorException(
                    "An error can be aimed at in a run only, for it depends on the data; give --probes in place of --target-error."
                );
            options.Progress?.Report(RunProgress.Begin(RunPhase.Plan));
            var limits = options.Limits with
            {
                OneRunForEachChunk = options.IsPortable,
                Interrupt = new PlanInterrupt(options.Cancellation),
            };
            var planner = new Planner(model.Graph, request, limits)
            {
                Contract = options.Contract,
                Layouts = SingleSample.Layouts(source, model, request, limits),
            };
            var plan = ModelSource.Plan(model, planner).Within(limits);
            options.Cancellation.ThrowIfCancellationRequested();
            var written = new Augmenter(model, plan, options).Write(outPath);
            if (options.TestData is { } folder)
                TestVectors.Write(outPath, folder);
            return written;
        });
    }

    /// <summary>
    /// Writes a model and its derivatives as CasADi finds them: <c>f.onnx</c>, and beside it <c>adj_f.onnx</c> and <c>fwd_adj_f.onnx</c>.
    /// Gives the paths.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file, whose inputs and outputs all hold floating-point numbers.</param>
    /// <param name="outPath">Where the first of the files goes.</param>
    /// <param name="options">Its opset, sizes and limits are heeded.</param>
    /// <param name="fixedInputs">Values of inputs, by name, that become constants.</param>
    /// <exception cref="UserErrorException">The model cannot be read, differentiated or written in this form.</exception>
    public static ImmutableArray<string> AugmentForCasadi(
        string modelPath,
        string outPath,
        AugmentOptions options,
        IReadOnlyDictionary<string, Tensor>? fixedInputs = null
    )
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(outPath);
        ArgumentNullException.ThrowIfNull(options);
        return ErrorBoundary.Translate(() =>
        {
            var model = OnnxModel.Load(
                modelPath,
                new LoadOptions
                {
                    Dims = options.Dimensions,
                    Fixed = (fixedInputs ?? ImmutableDictionary<string, Tensor>.Empty).ToImmutableDictionary(StringComparer.Ordinal),
                    Limits = options.LoadLimits,
                    Oracle = new OrtShapeOracle(),
                }
            );
            return CasadiLayout.Write(model, outPath, options);
        });
    }

    /// <summary>
    /// Plans a run over data. With no request the file is an augmented model, and what it computes is run.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The request, or null.</param>
    /// <param name="data">An array for each input and for the loss's target; samples lie along the first axis, unless the model or the
    /// request says otherwise.</param>
    /// <param name="options">How the run is carried out.</param>
    /// <param name="progress">Receives the phases of planning; null for nothing.</param>
    /// <exception cref="UserErrorException">The model, the request or the data do not fit, or not the memory.</exception>
    public static PreparedRun Prepare(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, NpyArray> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress = null
    ) => Prepare(modelPath, request, InMemory(data), options, progress);

    /// <summary>
    /// Plans a run over data that may be in files, of which batches are read when they are needed. With no request the file is an augmented
    /// model, and what it computes is run.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The request, or null.</param>
    /// <param name="data">The data of each input and of the loss's target.</param>
    /// <param name="options">How the run is carried out.</param>
    /// <param name="progress">Receives what is being done.</param>
    /// <exception cref="UserErrorException">The model, the request or the data do not fit, or not the memory.</exception>
    public static PreparedRun Prepare(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress = null
    )
    {
        CheckRun(modelPath, data, options);
        request?.Check();
        return ErrorBoundary.Translate(() => RunPreparation.Of(modelPath, request, data, options, progress));
    }

    /// <summary>
    /// The result of a run whose shards were computed by themselves (<see cref="PreparedRun.RunShard"/>): the same as that of one run, bit
    /// for bit. Throws for shards that are missing, named twice, not complete, or of another run.
    /// </summary>
    /// <param name="shards">The files of the shards, in any order.</param>
    public static CurvatureResult Merge(IReadOnlyList<string> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        if (shards.Count == 0)
            throw new UserErrorException("There are no shards to put together; name their files.");
        return ErrorBoundary.Translate(() => ComputedRun.Merge(shards));
    }

    /// <summary>
    /// Checks the results of a run over data in memory at sampled entries by means that share no code with how they were computed.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The request; the gradient and the Hessian diagonal are.</param>
    /// <param name="data">The data; only their first batch is taken.</param>
    /// <param name="options">How the run is carried out.</param>
    /// <param name="samples">Entries of each tensor.</param>
    /// <param name="seed">Which entries.</param>
    /// <param name="progress">Receives the share of the checks that is done.</param>
    /// <param name="cancellation">Ends the check.</param>
    public static CheckReport Verify(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, NpyArray> data,
        CurvatureRunOptions options,
        int samples,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => Verify(modelPath, request, InMemory(data), options, samples, seed, progress, cancellation);

    /// <summary>Checks the results of a run at sampled entries by means that share no code with how they were computed.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The request; the gradient and the Hessian diagonal are.</param>
    /// <param name="data">The data; only their first batch is taken.</param>
    /// <param name="options">How the run is carried out.</param>
    /// <param name="samples">Entries of each tensor.</param>
    /// <param name="seed">Which entries.</param>
    /// <param name="progress">Receives the share of the checks that is done.</param>
    /// <param name="cancellation">Ends the check.</param>
    public static CheckReport Verify(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        int samples,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        CheckRun(modelPath, data, options);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        request.Check();
        return ErrorBoundary.Translate(() =>
        {
            if (request.StraightThrough)
                throw new UserErrorException(
                    "Straight-through derivatives are not those of the loss, so differences of the loss cannot check them; verify "
                        + "without them."
                );
            Verifier.Refuse(request);
            var checkedRequest = request with { Quantities = [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal] };
            var run = Prepare(modelPath, checkedRequest, data, options.EndedBy(cancellation), progress);
            var batch = run.FirstBatch();
            if (run.Batches > 1)
                run = Prepare(
                    modelPath,
                    checkedRequest,
                    batch,
                    options.EndedBy(cancellation) with
                    {
                        SampleRange = null,
                        SkipsBad = false,
                    }
                );
            var result = run.Run(progress, cancellation);
            var clock = Stopwatch.StartNew();
            progress?.Report(RunProgress.Begin(RunPhase.Check));
            var model = run.Source.Load();
            var verifier = new Verifier(
                model.Graph,
                request with
                {
                    Loss = run.Loss!,
                },
                batch.ToDictionary(entry => entry.Key, entry => entry.Value.Join(entry.Key, 0))
            );
            var targets = Target.Resolve(model.Graph, request.WithRespectTo, LossBuilder.Find(model.Graph, run.Loss!.Value));
            var entries = ImmutableArray.CreateBuilder<VerifyEntry>();
            var total = targets.Sum(target => Math.Min(samples, target.ResultType.Shape.Elements.Factor)) * 3.0;
            foreach (var target in targets)
            {
                ResultTensor Tensor(Quantity quantity) => result.Tensors.Single(tensor => tensor.Name == quantity.OutputName(target.Name));
                var byProducts = run.Methods.Any(method =>
                    method is { Way: DerivativeWay.Products, Quantity: Quantity.HessianDiagonal } && method.Target == target.Name
                );
                foreach (
                    var entry in verifier.Check(
                        target,
                        Tensor(Quantity.Gradient),
                        Tensor(Quantity.HessianDiagonal),
                        byProducts,
                        samples,
                        seed,
                        cancellation
                    )
                )
                {
                    entries.Add(entry);
                    progress?.Report(new RunProgress(Math.Min(1, entries.Count / total), $"entry {entries.Count}", RunPhase.Check));
                }
            }
            return new CheckReport(entries.ToImmutable(), [], clock.Elapsed.TotalSeconds);
        });
    }

    private static Dictionary<string, DataSource> InMemory(IReadOnlyDictionary<string, NpyArray> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var (name, array) in data)
            if (array is null)
                throw new ArgumentException($"The array of '{name}' is null.", nameof(data));
        return data.ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value), StringComparer.Ordinal);
    }

    private static void CheckRun(string modelPath, IReadOnlyDictionary<string, DataSource> data, CurvatureRunOptions options)
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.CheckNumbers();
        foreach (var (name, source) in data)
            if (source is null)
                throw new ArgumentException($"The data of '{name}' are null.", nameof(data));
    }
}
