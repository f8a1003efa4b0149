using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature;

/// <summary>
/// A model of which derivatives are taken: the way into the library. It may be used from several threads at once. All methods throw
/// <see cref="UserErrorException"/>, with one sentence, for input that cannot be taken, and <see cref="ArgumentException"/> for null.
/// </summary>
public sealed class CurvatureModel : IDisposable
{
    /// <summary>How many entries of each tensor <see cref="Verify"/> checks where nothing else is asked for.</summary>
    public const int DefaultSamples = 16;

    private readonly TemporaryModel? _temporary;
    private volatile bool _isDisposed;

    private CurvatureModel(string path, TemporaryModel? temporary)
    {
        Path = path;
        _temporary = temporary;
        var model = LibraryTerms.Translate(() => ErrorBoundary.Translate(() => OnnxModel.Load(path, new LoadOptions { Partial = true })));
        Inputs = [.. model.Inputs.Select(input => input.Name!)];
        Outputs = [.. model.Outputs.Select(output => output.Name)];
        Weights = [.. model.Weights.Select(weight => weight.Name!)];
    }

    /// <summary>The file that the model is read from.</summary>
    public string Path { get; }

    /// <summary>The names of the inputs.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>The names of the outputs.</summary>
    public ImmutableArray<string> Outputs { get; }

    /// <summary>The names of the weights.</summary>
    public ImmutableArray<string> Weights { get; }

    /// <summary>Loads a model from a file, whose weights stay there until they are needed.</summary>
    public static CurvatureModel Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new CurvatureModel(path, null);
    }

    /// <summary>Loads a model from a stream. It is kept in a temporary file until it is disposed.</summary>
    public static CurvatureModel Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Load(TemporaryModel.Of(stream));
    }

    /// <summary>Loads a model from memory. It is kept in a temporary file until it is disposed.</summary>
    public static CurvatureModel Load(ReadOnlyMemory<byte> bytes) => Load(TemporaryModel.Of(bytes));

    /// <summary>Says what there is to know of the model: its weights, which losses fit, and how Hessian diagonals would be had.</summary>
    /// <param name="dimensions">Sizes of symbolic dimensions, by name; null for none.</param>
    /// <param name="progress">Receives the phases; null for nothing.</param>
    /// <param name="cancellation">Ends the survey.</param>
    public InspectReport Inspect(
        ImmutableDictionary<string, long>? dimensions = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LibraryTerms.Translate(() =>
            CurvatureEngine.Inspect(
                Source,
                dimensions ?? ImmutableDictionary<string, long>.Empty,
                progress: CallerProgress.Of(progress),
                cancellation: cancellation
            )
        );

    /// <summary>Plans a run over data, which can then be made, also over other data of the same shapes.</summary>
    /// <param name="request">The request; null for an augmented model, which computes what it was compiled for.</param>
    /// <param name="data">An array for each input and for the loss's target; samples lie along the first axis.</param>
    /// <param name="options">How the run is carried out; null for the defaults.</param>
    /// <param name="progress">Receives the phases; null for nothing.</param>
    /// <param name="cancellation">Ends the planning.</param>
    public PlannedRun Plan(
        CurvatureRequest? request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        new(
            LibraryTerms.Translate(() =>
                CurvatureEngine.Prepare(
                    Source,
                    request,
                    Arrays(data),
                    (options ?? new()).EndedBy(cancellation),
                    CallerProgress.Of(progress)
                )
            )
        );

    /// <summary>Computes what is asked for over data. The parameters are those of <see cref="Plan"/>.</summary>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public CurvatureResult Run(
        CurvatureRequest? request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        using var run = Plan(request, data, options, progress, cancellation);
        return run.Run(progress, cancellation);
    }

    /// <summary>The same, on a thread of the pool.</summary>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public Task<CurvatureResult> RunAsync(
        CurvatureRequest? request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) => Task.Run(() => Run(request, data, options, progress, cancellation), cancellation);

    /// <summary>Writes a model that computes what is asked for besides what it computed before.</summary>
    /// <param name="request">The request.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="options">How it is written; null for the defaults.</param>
    public AugmentReport Augment(CurvatureRequest request, string path, AugmentOptions? options = null) =>
        LibraryTerms.Translate(() =>
        {
            ArgumentNullException.ThrowIfNull(path);
            options ??= new AugmentOptions();
            return CurvatureEngine.Augment(Source, request, path, options with { Progress = CallerProgress.Of(options.Progress) });
        });

    /// <summary>
    /// Checks sampled entries of the gradient and the Hessian diagonal of the first batch, in double, by means that share no code with what
    /// they check.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="data">The data, of which the first batch is taken.</param>
    /// <param name="options">How the run is carried out; null for the defaults.</param>
    /// <param name="samples">Entries of each tensor.</param>
    /// <param name="seed">The seed of the choice of entries.</param>
    /// <param name="progress">Receives the phases; null for nothing.</param>
    /// <param name="cancellation">Ends the check.</param>
    public CheckReport Verify(
        CurvatureRequest request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        CurvatureRunOptions? options = null,
        int samples = DefaultSamples,
        int seed = 0,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LibraryTerms.Translate(() =>
            CurvatureEngine.Verify(
                Source,
                request,
                Arrays(data),
                options ?? new(),
                samples,
                seed,
                CallerProgress.Of(progress),
                cancellation
            )
        );

    /// <summary>
    /// Computes the curvature of all weights, or of those that the request names: exact diagonals as far as the budget goes, the cheapest
    /// first, and estimates with a standard error for each entry beyond that.
    /// </summary>
    /// <param name="request">The loss, and how it is computed; no weights stand for all. Its quantities and estimator are not used.</param>
    /// <param name="data">An array for each input and for the loss's target; samples lie along the first axis.</param>
    /// <param name="analysis">Which diagonal, and how long the exact ones may take; null for the defaults.</param>
    /// <param name="options">How runs are carried out; null for the defaults.</param>
    /// <param name="progress">Receives the phases; null for nothing.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="DisagreementException">The check of a run finds a result that is wrong.</exception>
    public NetworkCurvature Analyze(
        CurvatureRequest request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        AnalysisOptions? analysis = null,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LibraryTerms.Translate(() =>
            CurvatureAnalyzer
                .Prepare(Source, request, Arrays(data), options ?? new(), analysis ?? new(), CallerProgress.Of(progress), cancellation)
                .Run(CallerProgress.Of(progress), cancellation)
        );

    /// <summary>The importance of weights for continued training: the diagonal of the Fisher matrix, with the anchors.</summary>
    /// <param name="request">The loss, and how it is computed; no weights stand for all. Its quantities are not used.</param>
    /// <param name="data">An array for each input and for the loss's target; samples lie along the first axis.</param>
    /// <param name="samplesLabels">Whether the labels are sampled from the model's own distribution, as many as the request's probes for
    /// each sample: an estimate with standard errors. Else they are those of the data, and the diagonal is exact.</param>
    /// <param name="options">How the run is carried out; null for the defaults.</param>
    /// <param name="progress">Receives the phases; null for nothing.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="DisagreementException">The check of the run finds a result that is wrong.</exception>
    public ImportanceResult Importance(
        CurvatureRequest request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        bool samplesLabels = false,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LibraryTerms.Translate(() =>
            CurvatureAnalyzer.Importance(
                Source,
                request,
                Arrays(data),
                options ?? new(),
                samplesLabels,
                CallerProgress.Of(progress),
                cancellation
            )
        );

    /// <summary>
    /// The extreme eigenvalues, the trace and the spectral density of the Hessian by some weights, together and one by one, by Lanczos's
    /// recurrence in float64.
    /// </summary>
    /// <param name="request">The loss; no weights stand for all. Its quantities and precision are not used.</param>
    /// <param name="data">An array for each input and for the loss's target; samples lie along the first axis.</param>
    /// <param name="spectrum">How many steps and starts; null for the defaults.</param>
    /// <param name="options">How products are carried out; its memory also bounds what a basis may take. Null for the defaults.</param>
    /// <param name="progress">Receives the share of the starts that are done; null for nothing.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The spectrum of all weights together, and then that of each.</returns>
    public ImmutableArray<PartSpectrum> Spectrum(
        CurvatureRequest request,
        IReadOnlyDictionary<string, CurvatureArray> data,
        SpectrumOptions? spectrum = null,
        CurvatureRunOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        LibraryTerms.Translate(() =>
            CurvatureAnalyzer
                .Spectrum(Source, request, Arrays(data), options ?? new(), spectrum ?? new(), CallerProgress.Of(progress), cancellation)
                .Parts
        );

    /// <summary>Deletes the temporary file of a model from a stream or from memory; the model answers nothing after that.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _temporary?.Dispose();
    }

    /// <summary>The file, which may be gone when the model is disposed.</summary>
    private string Source
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Path;
        }
    }

    internal static Dictionary<string, DataSource> Arrays(IReadOnlyDictionary<string, CurvatureArray> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var (name, array) in data)
            if (array is null)
                throw new ArgumentException($"The array of '{name}' is null.", nameof(data));
        return data.ToDictionary(entry => entry.Key, entry => entry.Value.Source, StringComparer.Ordinal);
    }

    private static CurvatureModel Load(TemporaryModel temporary)
    {
        try
        {
            return new CurvatureModel(temporary.Path, temporary);
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }
}
