using System.Collections.Immutable;
using MathNet.Numerics.Statistics;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>The changes of a network's loss by rounding its weights.</summary>
/// <param name="Loss">The loss as it is.</param>
/// <param name="Nodes">The predictions, scheme by scheme, and in each the most sensitive first.</param>
/// <param name="Choice">The bits of each weight; null where no size was asked for.</param>
public sealed record QuantizationResult(double Loss, ImmutableArray<NodeSensitivity> Nodes, ChosenBits? Choice)
{
    /// <summary>How well each figure ranks the changes that were measured; none where nothing was.</summary>
    internal ImmutableArray<RankCorrelation> Correlations =>
        [
            .. Nodes
                .Where(node => node.Measured is not null)
                .GroupBy(node => node.Scheme)
                .Where(group => group.Count() > 2)
                .Select(group => RankCorrelation.Of(group.Key, [.. group])),
        ];

    /// <summary>
    /// Writes the predictions as JSON and comma-separated values into a folder, and, where a choice was made, the files that quantizers
    /// take.
    /// </summary>
    public void Write(string folder) => QuantizationFiles.Write(folder, this);
}

/// <summary>Spearman's rank correlations with the changes of the loss that were measured, over the weights of a network.</summary>
/// <param name="Scheme">How weights were rounded.</param>
/// <param name="Weights">The number of weights.</param>
/// <param name="Predicted">That of the prediction g·Δw + ½ Σ HΔw².</param>
/// <param name="InputWeighted">That of Σ Δw² E[x²].</param>
/// <param name="WeightError">That of ‖Δw‖².</param>
internal sealed record RankCorrelation(QuantizationScheme Scheme, int Weights, double Predicted, double InputWeighted, double WeightError)
{
    internal static RankCorrelation Of(QuantizationScheme scheme, ImmutableArray<NodeSensitivity> nodes)
    {
        double[] measured = [.. nodes.Select(node => node.Measured!.Value)];
        double With(Func<NodeSensitivity, double> figure) => Correlation.Spearman(measured, nodes.Select(figure));
        return new RankCorrelation(
            scheme,
            nodes.Length,
            With(node => node.Predicted),
            With(node => node.InputWeightedError),
            With(node => node.WeightError)
        );
    }
}

/// <summary>The bits of each weight that keep a network to a size.</summary>
/// <param name="TargetBytes">The size that was asked for.</param>
/// <param name="Bytes">The size that the choice takes.</param>
/// <param name="FloatBytes">The size of the floats.</param>
/// <param name="Predicted">The predicted change of the loss: the sum of the predictions of the weights.</param>
/// <param name="Nodes">The bits by node; 32 where the weight stays a float.</param>
public sealed record ChosenBits(
    double TargetBytes,
    double Bytes,
    double FloatBytes,
    double Predicted,
    ImmutableArray<(string Node, int Bits)> Nodes
)
{
    /// <summary>The nodes whose weights stay floats, as ONNX Runtime's quantizer takes them by <c>nodes_to_exclude</c>.</summary>
    public ImmutableArray<string> NodesToExclude => [.. Nodes.Where(node => node.Bits == Quantizing.FloatBits).Select(node => node.Node)];
}
