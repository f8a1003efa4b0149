using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature;

/// <summary>
/// The front door of the analyzer: what the curvature of a loss says about a network's weights. All methods throw
/// <see cref="UserErrorException"/>, with one clear sentence, for input that cannot be taken.
/// </summary>
public static class CurvatureAnalyzer
{
    /// <summary>Plans the diagonals over data in memory; see the other method of this name.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">The loss, and how it is computed.</param>
    /// <param name="data">An array for each input and for the loss's target.</param>
    /// <param name="runOptions">How runs are carried out.</param>
    /// <param name="options">What the analysis may take.</param>
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
    /// <param name="options">What the analysis may take.</param>
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
        ArgumentNullException.ThrowIfNull(modelPath);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(runOptions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        request.Check();
        return ErrorBoundary.Translate(() =>
            PreparedAnalysis.Create(modelPath, request, data, runOptions, options, progress, cancellation)
        );
    }

    /// <summary>
    /// What rounding each kernel and each matrix to integers does to the loss, as an analysis predicts it, and, where a size is asked for,
    /// the bits of each that keep to it.
    /// </summary>
    /// <param name="analysis">The analysis that was planned.</param>
    /// <param name="curvature">What it computed.</param>
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
    /// <param name="curvature">What it computed.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static PreparedPruning Prune(PreparedAnalysis analysis, NetworkCurvature curvature, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        ArgumentNullException.ThrowIfNull(curvature);
        return ErrorBoundary.Translate(() => new PreparedPruning(analysis, curvature, cancellation));
    }
}
