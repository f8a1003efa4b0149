using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature;

/// <summary>
/// Decisions about a network's weights by their curvature, as <see cref="CurvatureModel.Analyze"/> gives it. All methods throw
/// <see cref="UserErrorException"/>, with one sentence, for what cannot be taken, and <see cref="ArgumentException"/> for null.
/// </summary>
public static class CurvatureDecisions
{
    /// <summary>
    /// The predicted change of the loss by rounding each kernel and each matrix to integers, and, where a size is asked for, the bits of
    /// each that keep to it.
    /// </summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="options">The schemes, and what is asked beside; null for the defaults.</param>
    /// <param name="progress">Receives the share of the measurements that are made; null for nothing.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static QuantizationResult Quantize(
        this NetworkCurvature curvature,
        QuantizationOptions? options = null,
        IProgress<RunProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(curvature);
        return LibraryTerms.Translate(() =>
            CurvatureAnalyzer.Quantize(curvature.Prepared, curvature, options ?? new(), CallerProgress.Of(progress), cancellation)
        );
    }

    /// <summary>
    /// Which entries, channels or blocks of kernels and matrices become zero, and what that is predicted to do to the loss.
    /// </summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="options">How many, what at once, and by which score; null for the defaults.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static PruningResult Prune(
        this NetworkCurvature curvature,
        PruningOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(curvature);
        return LibraryTerms.Translate(() => Prepared(curvature, cancellation).Prune(options ?? new()));
    }

    /// <summary>The losses that are measured on some data at some sparsities, for every score.</summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="options">The structure; its sparsity and score are those of the points.</param>
    /// <param name="sparsities">The shares of entries that become zero.</param>
    /// <param name="held">Data that the curvature was not taken of.</param>
    /// <param name="cancellation">Ends the runs.</param>
    public static ImmutableArray<(double Sparsity, ImmutableDictionary<PruningScore, double> Losses)> PruningCurve(
        this NetworkCurvature curvature,
        PruningOptions options,
        IEnumerable<double> sparsities,
        IReadOnlyDictionary<string, CurvatureArray> held,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(curvature);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sparsities);
        var arrays = CurvatureModel.Arrays(held);
        var points = LibraryTerms.Translate(() => Prepared(curvature, cancellation).Curve(options, sparsities, arrays, cancellation));
        return [.. points.Select(point => (point.Sparsity, point.Losses))];
    }

    /// <summary>Writes the model with zeros in place of what goes.</summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="pruning">The entries that become zero.</param>
    /// <param name="path">The file to write.</param>
    public static void WritePruned(this NetworkCurvature curvature, PruningResult pruning, string path)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        ArgumentNullException.ThrowIfNull(pruning);
        ArgumentNullException.ThrowIfNull(path);
        LibraryTerms.Translate(() => PreparedPruning.WriteModel(curvature, pruning, path));
    }

    /// <summary>
    /// A Gaussian posterior of the weights by the diagonal of their curvature, with a prior that is given or fitted by the marginal
    /// likelihood. The curvature must be that of the sum of the losses.
    /// </summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="priorPrecision">The precision τ of the prior N(0, 1/τ) of every entry; null for the one of the largest marginal
    /// likelihood.</param>
    public static LaplaceResult Laplace(this NetworkCurvature curvature, double? priorPrecision = null)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        return LibraryTerms.Translate(() => CurvatureAnalyzer.Laplace(curvature, priorPrecision));
    }

    /// <summary>
    /// Writes a model that also gives out the predictive variance of what the loss is taken of, linearized in the weights.
    /// </summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="posterior">The posterior of its weights.</param>
    /// <param name="path">The file to write.</param>
    /// <returns>The names of the outputs that hold the mean and the variance.</returns>
    public static (string Mean, string Variance) WritePredictive(this NetworkCurvature curvature, LaplaceResult posterior, string path)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        return LibraryTerms.Translate(() => CurvatureAnalyzer.WritePredictive(curvature.Prepared, curvature, posterior, path));
    }

    /// <summary>Writes a report: a page where the name ends in .html, else a folder with a page, JSON and comma-separated values.</summary>
    /// <param name="curvature">The curvature.</param>
    /// <param name="path">The page or the folder.</param>
    public static void WriteReport(this NetworkCurvature curvature, string path)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        ArgumentNullException.ThrowIfNull(path);
        LibraryTerms.Translate(() => new AnalysisReport(curvature).Write(path));
    }

    private static PreparedPruning Prepared(NetworkCurvature curvature, CancellationToken cancellation) =>
        CurvatureAnalyzer.Prune(curvature.Prepared, curvature, cancellation);
}
