using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Normalizations, softmax, and the cross-entropy that is made of it.</summary>
internal static class NormalizationOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Softmax"] = (node, x) => [x[0]!.Along(x[0]!.Axis(node.Int("axis", -1)), LogSoftmax).Map(Functions.Exp)],
            ["LogSoftmax"] = (node, x) => [x[0]!.Along(x[0]!.Axis(node.Int("axis", -1)), LogSoftmax)],
            ["SoftmaxCrossEntropyLoss"] = (node, x) => [CrossEntropy(x[0]!, x[1]!, node.Text("reduction", "mean") == "mean")],
            ["BatchNormalization"] = (node, x) => [BatchNormalization(node, x)],
            ["InstanceNormalization"] = (node, x) => [GroupNormalization(x[0]!, x[0]!.Shape[1], x[1]!, x[2]!, node.Float("epsilon", 1e-5))],
            ["GroupNormalization"] = (node, x) =>
                [GroupNormalization(x[0]!, (int)node.Int("num_groups", 1), x[1]!, x[2]!, node.Float("epsilon", 1e-5))],
            ["LayerNormalization"] = (node, x) => [LayerNormalization(node, x)],
            ["LpNormalization"] = (node, x) =>
                [
                    x[0]!.Along(
                        x[0]!.Axis(node.Int("axis", -1)),
                        line =>
                            node.Int("p", 2) == 1
                                ? Scaled(line, ReductionOperators.Total(line.Select(Functions.Abs)))
                                : Scaled(line, Functions.Sqrt(ReductionOperators.Total(line.Select(Functions.Square))))
                    ),
                ],
            ["MeanVarianceNormalization"] = (node, x) => [MeanVariance(node, x[0]!)],
        };

    private static Number[] LogSoftmax(Number[] line)
    {
        var sum = Functions.LogSumExp(line);
        return [.. line.Select(number => number - sum)];
    }

    private static Data CrossEntropy(Data scores, Data labels, bool isMean)
    {
        var logarithms = scores.Along(1, LogSoftmax);
        var inner = Data.CountOf(scores.Shape[2..]);
        var sum = ReductionOperators.Total(
            labels.Integers!.Select(
                (label, term) => -logarithms.Numbers[(term / inner * scores.Shape[1] + (int)label) * inner + term % inner]
            )
        );
        return new Data([], [isMean ? 1.0 / labels.Count * sum : sum]);
    }

    /// <summary>A line over its norm; a line of zeros stays as it is, as in ONNX Runtime.</summary>
    private static Number[] Scaled(Number[] line, Number norm)
    {
        Functions.DecideWhetherZero(norm);
        return norm.Value == 0 ? [.. line.Select(number => number.Constant(0))] : [.. line.Select(number => number / norm)];
    }

    private static Data BatchNormalization(GraphNode node, Data?[] x)
    {
        var sizes = Enumerable.Repeat(1, x[0]!.Rank - 2).Prepend(x[0]!.Shape[1]).ToArray();
        Data Channels(int index) => x[index]!.Reshaped(sizes);
        var deviation = Channels(4).Map(variance => Functions.Sqrt(variance + node.Float("epsilon", 1e-5)));
        var normalized = Data.Zip(Data.Zip(x[0]!, Channels(3), (a, b) => a - b), deviation, (a, b) => a / b);
        return Data.Zip(Data.Zip(normalized, Channels(1), (a, b) => a * b), Channels(2), (a, b) => a + b);
    }

    private static Data GroupNormalization(Data x, int groups, Data scale, Data bias, double epsilon)
    {
        var rows = x.Reshaped(x.Shape[0] * groups, x.Count / (x.Shape[0] * groups));
        var normalized = rows.Along(1, line => Standardized(line, epsilon)).Reshaped(x.Shape);
        var sizes = Enumerable.Repeat(1, x.Rank - 2).Prepend(x.Shape[1]).ToArray();
        return Data.Zip(Data.Zip(normalized, scale.Reshaped(sizes), (a, b) => a * b), bias.Reshaped(sizes), (a, b) => a + b);
    }

    private static Data LayerNormalization(GraphNode node, Data?[] x)
    {
        var axis = x[0]!.Axis(node.Int("axis", -1));
        var rows = x[0]!.Reshaped(Data.CountOf(x[0]!.Shape[..axis]), Data.CountOf(x[0]!.Shape[axis..]));
        var scaled = Data.Zip(
            rows.Along(1, line => Standardized(line, node.Float("epsilon", 1e-5))).Reshaped(x[0]!.Shape),
            x[1]!,
            (a, b) => a * b
        );
        return x.Length > 2 && x[2] is { } bias ? Data.Zip(scaled, bias, (a, b) => a + b) : scaled;
    }

    private static Data MeanVariance(GraphNode node, Data x)
    {
        var axes = (node.Ints("axes") ?? [0, 2, 3]).Select(x.Axis).ToArray();
        var mean = x.Reduce(axes, true, Mean);
        var centred = Data.Zip(x, mean, (a, b) => a - b);
        var deviation = centred.Reduce(axes, true, all => Functions.Sqrt(Mean([.. all.Select(Functions.Square)])));
        // Of entries that are all the same, rounding decides what they are divided by.
        foreach (var number in deviation.Numbers)
            Functions.DecideWhetherZero(number);
        return Data.Zip(centred, deviation, (a, b) => a / (b + 1e-9));
    }

    private static Number[] Standardized(Number[] line, double epsilon)
    {
        var mean = Mean(line);
        Number[] centred = [.. line.Select(number => number - mean)];
        return Scaled(centred, Functions.Sqrt(Mean([.. centred.Select(Functions.Square)]) + epsilon));
    }

    private static Number Mean(Number[] all) => 1.0 / all.Length * ReductionOperators.Total(all);
}
