using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>Predicts, and where it is asked for measures, what quantization does to a network, and chooses bits.</summary>
internal static class Quantizing
{
    /// <summary>The bits of an entry that is not rounded.</summary>
    public const int FloatBits = 32;

    /// <summary>Throws <see cref="UserErrorException"/> where no weight is a kernel or a matrix, or the size is too small.</summary>
    public static QuantizationResult Run(
        PreparedAnalysis analysis,
        NetworkCurvature curvature,
        QuantizationOptions options,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        ImmutableArray<LayerCurvature> layers = [.. curvature.Layers.Where(layer => KernelMap.AxesOf(layer) is not null)];
        if (layers.IsEmpty)
            throw new UserErrorException(
                $"None of the weights of '{curvature.Model}' that were analyzed is a kernel or a matrix, and no others are quantized; name "
                    + $"others with --wrt."
            );
        ImmutableArray<string> weights = [.. layers.Select(layer => layer.Weight)];
        var squares = InputSquares.Of(analysis.Settled, analysis.RunOptions, weights, cancellation);
        var nodes = layers
            .Zip(squares)
            .SelectMany(pair => options.Schemes.Select(scheme => Sensitivities.Of(pair.First, pair.Second, scheme)));
        var all = nodes.ToImmutableArray();
        if (options.Measure)
            all = Measured(analysis, layers, all, progress, cancellation);
        ChosenBits? choice = options.TargetBytes is { } bytes ? Choose(layers, squares, options.Choices, bytes) : null;
        var ranked = all.OrderBy(node => options.Schemes.IndexOf(node.Scheme)).ThenByDescending(node => node.Predicted);
        return new QuantizationResult(curvature.Loss, [.. ranked], choice);
    }

    private static ImmutableArray<NodeSensitivity> Measured(
        PreparedAnalysis analysis,
        ImmutableArray<LayerCurvature> layers,
        ImmutableArray<NodeSensitivity> nodes,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        using var loss = MeasuredLoss.Create(analysis.Settled, analysis.RunOptions, [.. layers.Select(layer => layer.Weight)]);
        var before = loss.Of(ImmutableDictionary<string, double[]>.Empty, cancellation);
        var byWeight = layers.ToDictionary(layer => layer.Weight, StringComparer.Ordinal);
        var measured = ImmutableArray.CreateBuilder<NodeSensitivity>();
        foreach (var (index, node) in nodes.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new RunProgress((double)index / nodes.Length, $"measuring {index + 1} of {nodes.Length}"));
            var rounded = Sensitivities.Rounded(byWeight[node.Weight], node.Scheme);
            var after = loss.Of(new Dictionary<string, double[]> { [node.Weight] = rounded }, cancellation);
            measured.Add(node with { Measured = after - before });
        }
        return measured.ToImmutable();
    }

    private static ChosenBits Choose(
        ImmutableArray<LayerCurvature> layers,
        ImmutableArray<double[]> squares,
        ImmutableArray<QuantizationScheme> schemes,
        double most
    )
    {
        PrecisionOption Float(LayerCurvature layer) => new(FloatBits, layer.Plan.Entries * FloatBits / 8.0, 0);
        // A gain that the first order predicts is no reason to round.
        PrecisionOption Option(NodeSensitivity node) => new(node.Scheme.Bits, node.Bytes, Math.Max(0, node.Predicted));
        var options = layers
            .Zip(squares)
            .Select(pair =>
                schemes
                    .Select(scheme => Option(Sensitivities.Of(pair.First, pair.Second, scheme)))
                    .Append(Float(pair.First))
                    .ToImmutableArray()
            )
            .ToArray();
        var choice = MixedPrecision.Choose(options, most);
        return new ChosenBits(
            most,
            choice.Bytes,
            layers.Sum(layer => Float(layer).Bytes),
            choice.Cost,
            [
                .. layers
                    .Zip(choice.Options)
                    .SelectMany(pair => pair.First.Plan.Uses.Select(use => use.Node).Distinct().Select(node => (node, pair.Second.Bits))),
            ]
        );
    }
}
