using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>
/// Quantization to signed integers of 8 bits and back. The rounding between them counts as the identity in derivatives, so that
/// quantized values are numbers with the derivative of x / scale + zero point.
/// </summary>
internal static class QuantizationOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["QuantizeLinear"] = (node, x) => [Entries(node, x, Quantize)],
            ["DequantizeLinear"] = (node, x) => [Entries(node, x, (number, scale, zero) => scale * (number + -zero))],
        };

    private static Number Quantize(Number x, double scale, long zero)
    {
        var ratio = x.Value / scale;
        // The value jumps there, also of what depends on no variable, which float32 may round otherwise.
        x.Tape.Decide(ratio - Math.Floor(ratio) - 0.5);
        var quantized = Math.Clamp(Math.Round(ratio, MidpointRounding.ToEven) + zero, sbyte.MinValue, sbyte.MaxValue);
        return x.Map(quantized, 1 / scale, 0);
    }

    private static Data Entries(GraphNode node, Data?[] inputs, Func<Number, double, long, Number> function)
    {
        var (x, scale, zero) = (inputs[0]!, inputs[1]!.Numbers, inputs[2]!.Integers!);
        var axis = x.Axis(node.Int("axis", 1));
        var inner = scale.Length == 1 ? 1 : Data.Strides(x.Shape)[axis];
        return new Data(
            x.Shape,
            [
                .. x.Numbers.Select(
                    (number, index) =>
                    {
                        var at = scale.Length == 1 ? 0 : index / inner % x.Shape[axis];
                        return function(number, scale[at].Value, zero[at]);
                    }
                ),
            ]
        );
    }
}
