using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>
/// A classifier of points on three arms of a spiral: dense layers with tanh, trained here by plain gradient descent with momentum.
/// </summary>
internal sealed class TrainedNetwork
{
    public const int Classes = 3;
    private static readonly int[] Widths = [2, 12, 12, 12, 12, 12, 12, Classes];

    private static readonly Lazy<TrainedNetwork> Lazily = new(() => new TrainedNetwork());

    private readonly double[][] _weights;
    private readonly double[][] _biases;

    private TrainedNetwork()
    {
        var random = new Random(5);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        _weights =
        [
            .. Pairs.Select(pair => Enumerable.Range(0, pair.In * pair.Out).Select(_ => 1.4 * Normal() / Math.Sqrt(pair.In)).ToArray()),
        ];
        _biases = [.. Pairs.Select(pair => new double[pair.Out])];
        (X, Labels) = Points(random, 240);
        (HeldX, HeldLabels) = Points(random, 240);
        Train(steps: 2500, rate: 0.05, momentum: 0.9);
    }

    /// <summary>The network, which is trained once.</summary>
    public static TrainedNetwork Instance => Lazily.Value;

    /// <summary>The points that it was trained on, row by row.</summary>
    public double[] X { get; }

    public long[] Labels { get; }

    /// <summary>Other points.</summary>
    public double[] HeldX { get; }

    public long[] HeldLabels { get; }

    private static IEnumerable<(int In, int Out)> Pairs => Widths.Zip(Widths.Skip(1));

    /// <summary>The model: nodes <c>/fc0</c> and so on, weights <c>fc0.weight</c>, of shape [out, in], and biases.</summary>
    public ModelProto Model()
    {
        var graph = new GraphProto
        {
            Name = "spiral",
            Input = { Info("x", 1, "N", 2) },
            Output = { Info("z", 1, "N", Classes) },
        };
        var before = "x";
        foreach (var (layer, (width, next)) in Pairs.Index())
        {
            var (weights, biases) = (_weights[layer], _biases[layer]);
            graph.Initializer.Add(Weight($"fc{layer}.weight", [next, width], index => weights[index]));
            graph.Initializer.Add(Weight($"fc{layer}.bias", [next], index => biases[index]));
            var isLast = layer == Widths.Length - 2;
            var gemm = Node("Gemm", $"{before} fc{layer}.weight fc{layer}.bias", isLast ? "z" : $"h{layer}", Int("transB", 1));
            gemm.Name = $"/fc{layer}";
            graph.Node.Add(gemm);
            if (!isLast)
                graph.Node.Add(Node("Tanh", $"h{layer}", before = $"t{layer}"));
        }
        return Onnx.ModelBytes.Model(graph);
    }

    /// <summary>Points and labels as the model takes them.</summary>
    internal static Dictionary<string, NpyArray> Data(double[] x, long[] labels) =>
        new()
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [labels.Length, 2], x),
            ["labels"] = NpyArray.Of(ElementType.Int64, [labels.Length], [.. labels.Select(label => (double)label)]),
        };

    /// <summary>The logits of a point, in float64, where one entry of <c>fcN.weight</c> or <c>fcN.bias</c> is moved by a step.</summary>
    public double[] Logits(double[] x, string parameter, int index, double step)
    {
        var (layer, isBias) = (parameter[2] - '0', parameter.EndsWith("bias", StringComparison.Ordinal));
        var values = x;
        for (var at = 0; at < _weights.Length; at++)
        {
            var (weights, biases) = (InFile(_weights[at]), InFile(_biases[at]));
            if (at == layer)
                (isBias ? biases : weights)[index] += step;
            var output = new double[biases.Length];
            for (var o = 0; o < output.Length; o++)
                output[o] = biases[o] + values.Select((value, i) => weights[o * values.Length + i] * value).Sum();
            values = at == _weights.Length - 1 ? output : [.. output.Select(Math.Tanh)];
        }
        return values;
    }

    /// <summary>Numbers as the file holds them, in float32.</summary>
    private static double[] InFile(double[] numbers) => [.. numbers.Select(number => (double)(float)number)];

    private static (double[] X, long[] Labels) Points(Random random, int count)
    {
        var (x, labels) = (new double[2 * count], new long[count]);
        for (var sample = 0; sample < count; sample++)
        {
            labels[sample] = sample % Classes;
            var radius = 0.2 + 1.3 * random.NextDouble();
            var angle = 2.5 * radius + 2 * Math.PI * labels[sample] / Classes + 0.35 * (random.NextDouble() - 0.5);
            x[2 * sample] = (float)(radius * Math.Cos(angle));
            x[2 * sample + 1] = (float)(radius * Math.Sin(angle));
        }
        return (x, labels);
    }

    private void Train(int steps, double rate, double momentum)
    {
        var velocity = _weights.Concat(_biases).Select(each => new double[each.Length]).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var gradients = Gradients();
            foreach (var (at, parameters) in _weights.Concat(_biases).Index())
                for (var index = 0; index < parameters.Length; index++)
                {
                    velocity[at][index] = momentum * velocity[at][index] - rate * gradients[at][index];
                    parameters[index] += velocity[at][index];
                }
        }
    }

    /// <summary>The gradients of the mean cross-entropy by all weights, and then by all biases.</summary>
    private double[][] Gradients()
    {
        var gradients = _weights.Concat(_biases).Select(each => new double[each.Length]).ToArray();
        for (var sample = 0; sample < Labels.Length; sample++)
        {
            var values = new List<double[]> { X[(2 * sample)..(2 * sample + 2)] };
            for (var layer = 0; layer < _weights.Length; layer++)
                values.Add(Layer(layer, values[layer]));
            var exponentials = values[^1].Select(Math.Exp).ToArray();
            var cotangent = exponentials
                .Select((each, c) => (each / exponentials.Sum() - (c == Labels[sample] ? 1 : 0)) / Labels.Length)
                .ToArray();
            for (var layer = _weights.Length - 1; layer >= 0; layer--)
            {
                if (layer < _weights.Length - 1)
                    cotangent = [.. cotangent.Zip(values[layer + 1], (c, y) => c * (1 - y * y))];
                var (input, below) = (values[layer], new double[values[layer].Length]);
                for (var o = 0; o < cotangent.Length; o++)
                {
                    gradients[_weights.Length + layer][o] += cotangent[o];
                    for (var i = 0; i < input.Length; i++)
                    {
                        gradients[layer][o * input.Length + i] += cotangent[o] * input[i];
                        below[i] += cotangent[o] * _weights[layer][o * input.Length + i];
                    }
                }
                cotangent = below;
            }
        }
        return gradients;
    }

    private double[] Layer(int layer, double[] input)
    {
        var output = new double[Widths[layer + 1]];
        for (var o = 0; o < output.Length; o++)
        {
            output[o] = _biases[layer][o];
            for (var i = 0; i < input.Length; i++)
                output[o] += _weights[layer][o * input.Length + i] * input[i];
            if (layer < _weights.Length - 1)
                output[o] = Math.Tanh(output[o]);
        }
        return output;
    }
}
