using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature;

/// <summary>
/// Decisions about a network's weights by the curvature of a loss, for the tool and behind <see cref="CurvatureModel"/> and
/// <see cref="CurvatureDecisions"/>. All methods throw <see cref="UserErrorException"/>, with one clear sentence, for input that cannot
/// be taken.
/// </summary>
internal static class CurvatureAnalyzer
{
    /// <summary>Plans the diagonals over data in memory; see the other method of this name.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The loss, and how it is computed.</param>
    /// <param name="data">An array for each input and for the loss's target.</param>
    /// <param name="runOptions">How runs are carried out.</param>
    /// <param name="options">The limits of the analysis.</param>
    /// <param name="progress">Receives the share of the weights that are priced.</param>
    /// <param name="cancellation">Ends the planning.</param>
    public static PreparedAnalysis Prepare(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, NpyArray> data,
        CurvatureRunOptions runOptions,
        AnalysisOptions options,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        var sources = data.ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value), StringComparer.Ordinal);
        return Prepare(modelPath, request, sources, runOptions, options, progress, cancellation);
    }

    /// <summary>
    /// Plans the diagonals of all weights, or of those that the request names: exact ones as far as the budget goes, the cheapest first,
    /// and estimates with a standard error for each entry beyond that.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The loss, and how it is computed; no weights stand for all. Its quantities and estimator are not used.</param>
    /// <param name="data">The data of each input and of the loss's target.</param>
    /// <param name="runOptions">How runs are carried out.</param>
    /// <param name="options">The limits of the analysis.</param>
    /// <param name="progress">Receives the share of the weights that are priced.</param>
    /// <param name="cancellation">Ends the planning.</param>
    public static PreparedAnalysis Prepare(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        AnalysisOptions options,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        CheckGiven(modelPath, request, data, runOptions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return ErrorBoundary.Translate(() =>
            PreparedAnalysis.Create(modelPath, request, data, runOptions, options, progress, cancellation)
        );
    }

    /// <summary>
    /// The change of the loss by rounding each kernel and each matrix to integers, as an analysis predicts it, and, where a size is asked
    /// for, the bits of each that keep to it.
    /// </summary>
    /// <param name="analysis">The analysis that was planned.</param>
    /// <param name="curvature">The curvature that the analysis computed.</param>
    /// <param name="options">The schemes, and what is asked beside.</param>
    /// <param name="progress">Receives the share of the measurements that are made.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static QuantizationResult Quantize(
        PreparedAnalysis analysis,
        NetworkCurvature curvature,
        QuantizationOptions options,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(curvature);
        ArgumentNullException.ThrowIfNull(options);
        return ErrorBoundary.Translate(() => Quantizing.Run(analysis, curvature, options, progress, cancellation));
    }

    /// <summary>Prepares the pruning of kernels and matrices by what an analysis computed.</summary>
    /// <param name="analysis">The analysis that was planned.</param>
    /// <param name="curvature">The curvature that the analysis computed.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static PreparedPruning Prune(PreparedAnalysis analysis, NetworkCurvature curvature, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(curvature);
        return ErrorBoundary.Translate(() => new PreparedPruning(analysis, curvature, cancellation));
    }

    /// <summary>The importance of weights for continued training: the diagonal of the Fisher matrix, with the anchors.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The loss, and how it is computed; no weights stand for all. Its quantities are not used.</param>
    /// <param name="data">An array for each input and for the loss's target.</param>
    /// <param name="runOptions">How the run is carried out.</param>
    /// <param name="samplesLabels">Whether labels are sampled from the model's own distribution, as many as the request's probes.</param>
    /// <param name="progress">Receives the share of the work that is done.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static ImportanceResult Importance(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        bool samplesLabels,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        CheckGiven(modelPath, request, data, runOptions);
        return ErrorBoundary.Translate(() => Importances.Run(modelPath, request, data, runOptions, samplesLabels, progress, cancellation));
    }

    /// <summary>
    /// The extreme eigenvalues, the trace and the spectral density of the Hessian by some weights, together and one by one, by Lanczos's
    /// recurrence in float64.
    /// </summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The loss; no weights stand for all. Its quantities and precision are not used.</param>
    /// <param name="data">An array for each input and for the loss's target.</param>
    /// <param name="runOptions">How products are carried out; its memory also bounds what a basis may take.</param>
    /// <param name="options">How many steps and starts.</param>
    /// <param name="progress">Receives the share of the starts that are done.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static SpectrumResult Spectrum(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        SpectrumOptions options,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        CheckGiven(modelPath, request, data, runOptions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return ErrorBoundary.Translate(() =>
        {
            var pricing = RunPricing.Of(modelPath, request with { Precision = Precision.Float64 }, data, runOptions);
            return new Spectrum(pricing, options, progress, cancellation).Run();
        });
    }

    /// <summary>
    /// A Gaussian posterior of the weights by the diagonal of their curvature, with a prior that is given or fitted by the marginal
    /// likelihood. The analysis must have taken the sum of the losses.
    /// </summary>
    public static LaplaceResult Laplace(NetworkCurvature curvature, double? priorPrecision = null)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        return ErrorBoundary.Translate(() => Posteriors.Of(curvature, priorPrecision));
    }

    /// <summary>
    /// Writes a model that also gives out the predictive variance of what the loss is taken of, linearized in the weights.
    /// </summary>
    /// <param name="analysis">The analysis that was planned.</param>
    /// <param name="curvature">The curvature that the analysis computed.</param>
    /// <param name="posterior">The posterior of its weights.</param>
    /// <param name="outPath">The file to write.</param>
    /// <returns>The names of the outputs that hold the mean and the variance.</returns>
    public static (string Mean, string Variance) WritePredictive(
        PreparedAnalysis analysis,
        NetworkCurvature curvature,
        LaplaceResult posterior,
        string outPath
    )
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(curvature);
        ArgumentNullException.ThrowIfNull(posterior);
        ArgumentNullException.ThrowIfNull(outPath);
        return ErrorBoundary.Translate(() =>
            PredictiveFile.Write(curvature.Model, curvature.Request, analysis.RunOptions, posterior, outPath)
        );
    }

    private static void CheckGiven(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions
    )
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(runOptions);
        runOptions.CheckNumbers();
        request.Check();
    }
}
