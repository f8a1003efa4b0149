using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Pruning;

/// <summary>A network whose kernels and matrices can be pruned by its curvature.</summary>
internal sealed class PreparedPruning
{
    private readonly PreparedAnalysis _analysis;
    private readonly NetworkCurvature _curvature;
    private readonly PruningMasks _masks;
    private readonly ImmutableArray<string> _weights;

    /// <summary>Throws <see cref="UserErrorException"/> where no weight is a kernel or a matrix.</summary>
    internal PreparedPruning(PreparedAnalysis analysis, NetworkCurvature curvature, CancellationToken cancellation)
    {
        ImmutableArray<LayerCurvature> layers = [.. curvature.Layers.Where(layer => KernelMap.AxesOf(layer) is not null)];
        if (layers.IsEmpty)
            throw new UserErrorException(
                $"None of the weights of '{curvature.Model}' that were analyzed is a kernel or a matrix, and no others are pruned; name "
                    + $"others with --wrt."
            );
        (_analysis, _curvature) = (analysis, curvature);
        _weights = [.. layers.Select(layer => layer.Weight)];
        _masks = new PruningMasks(layers, InputSquares.Of(analysis.Settled, analysis.RunOptions, _weights, cancellation));
    }

    /// <summary>Chooses the entries that become zero. Throws <see cref="UserErrorException"/> for options that cannot be.</summary>
    public PruningResult Prune(PruningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return new PruningResult(_curvature.Loss, _masks.Of(options));
    }

    /// <summary>
    /// The losses that are measured on some data at some sparsities, for every score. Throws <see cref="UserErrorException"/> for data
    /// that do not fit.
    /// </summary>
    /// <param name="options">The structure; its sparsity and score are those of the points.</param>
    /// <param name="sparsities">The shares of entries that become zero.</param>
    /// <param name="held">Data that the curvature was not taken of.</param>
    /// <param name="cancellation">Ends the runs.</param>
    public ImmutableArray<PruningPoint> Curve(
        PruningOptions options,
        IEnumerable<double> sparsities,
        IReadOnlyDictionary<string, DataSource> held,
        CancellationToken cancellation
    ) =>
        ErrorBoundary.Translate(() =>
        {
            var request = _curvature.Request with { WithRespectTo = _weights };
            var settled = RunPricing.Of(_curvature.Model, request, held, _analysis.RunOptions).Settled;
            using var loss = MeasuredLoss.Create(settled, _analysis.RunOptions, _weights);
            return sparsities
                .Select(sparsity => new PruningPoint(
                    sparsity,
                    Enum.GetValues<PruningScore>()
                        .ToImmutableDictionary(
                            score => score,
                            score => loss.Of(Prune(options with { Sparsity = sparsity, Score = score }).Weights(), cancellation)
                        )
                ))
                .ToImmutableArray();
        });

    /// <summary>
    /// Writes the model with zeros in place of what goes. Throws <see cref="UserErrorException"/> where that is not possible.
    /// </summary>
    public static void WriteModel(NetworkCurvature curvature, PruningResult result, string path) =>
        WeightReplacement.Write(curvature.Model, path, result.Weights());
}
