using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>Predicts what rounding weights does to the loss.</summary>
internal static class Sensitivities
{
    /// <summary>
    /// The prediction for one weight that is a kernel or a matrix, in one scheme. <paramref name="meanSquares"/> holds E[x²] for each
    /// channel of the node's input.
    /// </summary>
    public static NodeSensitivity Of(LayerCurvature layer, double[] meanSquares, QuantizationScheme scheme)
    {
        var axes = KernelMap.AxesOf(layer)!.Value;
        KernelMap Map(ImmutableArray<double> entries) => KernelMap.Of(entries, layer.Shape, axes);
        var (weight, gradient, diagonal) = (Map(layer.Values), Map(layer.Gradient), Map(layer.Diagonal));
        var errors = layer.StandardErrors is { } given ? Map(given) : null;
        var rounded = WeightRounding.Rounded(weight, scheme);
        var perChannel = weight.Entries.Length / weight.Outputs;
        var groups = Math.Max(1, meanSquares.Length / weight.Inputs);
        var (channels, channelErrors) = (new double[weight.Outputs], new double[weight.Outputs]);
        var first = 0.0;
        var second = 0.0;
        var own = 0.0;
        var weighted = 0.0;
        for (var index = 0; index < rounded.Length; index++)
        {
            var (output, input) = (index / perChannel, index % perChannel / weight.WindowSize);
            var change = rounded[index] - weight.Entries[index];
            var square = change * change;
            // The channels of a group of a convolution follow each other in its input.
            var channel = output * groups / weight.Outputs * weight.Inputs + input;
            first += gradient.Entries[index] * change;
            second += diagonal.Entries[index] * square / 2;
            channelErrors[output] += (errors?.Entries[index] ?? 0) * square / 2;
            own += square;
            weighted += square * meanSquares[channel];
            channels[output] += gradient.Entries[index] * change + diagonal.Entries[index] * square / 2;
        }
        return new NodeSensitivity(
            layer.Weight,
            layer.Node,
            layer.Operator,
            scheme,
            first,
            second,
            channelErrors.Sum(),
            layer.IsExact,
            own,
            weighted,
            scheme.Bytes(rounded.Length, perChannel),
            [.. channels],
            [.. channelErrors]
        );
    }

    /// <summary>The entries of a weight after rounding, in the weight's own order.</summary>
    public static double[] Rounded(LayerCurvature layer, QuantizationScheme scheme)
    {
        var axes = KernelMap.AxesOf(layer)!.Value;
        return KernelMap.Back(WeightRounding.Rounded(KernelMap.Of(layer.Values, layer.Shape, axes), scheme), layer.Shape, axes);
    }
}
