using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.EndToEnd;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>
/// Logits z = W x of a linear classifier, with the mean cross-entropy L, and all of its derivatives in closed form:
/// ∂L/∂W[c, j] = mean (p_c − [c = t]) x_j, and ∂²L/∂W[c, j]∂W[d, k] = mean (p_c [c = d] − p_c p_d) x_j x_k.
/// </summary>
internal sealed class Softmax
{
    public const int Samples = 12;
    public const int Inputs = 5;
    public const int Classes = 3;

    /// <summary>The samples, row by row, in float32 as the file has them.</summary>
    public static readonly double[] X = Single(Samples * Inputs, index => Math.Sin(3 * index + 1) + 0.3);

    /// <summary>The weight, [classes, inputs].</summary>
    public static readonly double[] W = Single(Classes * Inputs, index => Math.Cos(2 * index + 1));

    public static readonly long[] Labels = [.. Enumerable.Range(0, Samples).Select(sample => (long)(sample * sample % Classes))];

    /// <summary>
    /// A folder with <c>linear.onnx</c>, <c>x.npy</c> and <c>labels.npy</c>; the weight is named <paramref name="weight"/>.
    /// </summary>
    public static Tool Prepared(string weight = "w")
    {
        var tool = new Tool();
        tool.Save("linear.onnx", Linear(weight));
        tool.Npy("x.npy", ElementType.Float32, [Samples, Inputs], X);
        tool.Npy("labels.npy", ElementType.Int64, [Samples], [.. Labels.Select(label => (double)label)]);
        return tool;
    }

    /// <summary>The data, by input.</summary>
    internal static Dictionary<string, NpyArray> Data() =>
        new()
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [Samples, Inputs], X),
            ["labels"] = NpyArray.Of(ElementType.Int64, [Samples], [.. Labels.Select(label => (double)label)]),
        };

    /// <summary>The model.</summary>
    public static OnnxCurvature.Onnx.Proto.ModelProto Linear(string weight)
    {
        var gemm = Node("Gemm", "", "z", Int("transB", 1));
        gemm.Input.AddRange(["x", weight]);
        gemm.Name = "/head/fc";
        return Model(
            new OnnxCurvature.Onnx.Proto.GraphProto
            {
                Name = "linear",
                Input = { Info("x", 1, "N", Inputs) },
                Output = { Info("z", 1, "N", Classes) },
                Initializer = { Weight(weight, [Classes, Inputs], index => W[index]) },
                Node = { gemm },
            }
        );
    }

    /// <summary>The loss for some weight.</summary>
    public static double Loss(double[] w) => Enumerable.Range(0, Samples).Average(n => -Math.Log(P(w, n)[Labels[n]]));

    /// <summary>The gradient.</summary>
    public static double[] Gradient() =>
        Entries((c, j) => Enumerable.Range(0, Samples).Average(n => (P(W, n)[c] - (Labels[n] == c ? 1 : 0)) * X[n * Inputs + j]));

    /// <summary>The whole Hessian, which is also the Gauss–Newton matrix.</summary>
    public static double[,] Hessian()
    {
        var hessian = new double[Classes * Inputs, Classes * Inputs];
        for (var n = 0; n < Samples; n++)
        {
            var p = P(W, n);
            for (var a = 0; a < Classes * Inputs; a++)
            for (var b = 0; b < Classes * Inputs; b++)
            {
                var (c, d) = (a / Inputs, b / Inputs);
                var curvature = (c == d ? p[c] : 0) - p[c] * p[d];
                hessian[a, b] += curvature * X[n * Inputs + a % Inputs] * X[n * Inputs + b % Inputs] / Samples;
            }
        }
        return hessian;
    }

    /// <summary>Its diagonal.</summary>
    public static double[] Diagonal()
    {
        var hessian = Hessian();
        return [.. Enumerable.Range(0, Classes * Inputs).Select(index => hessian[index, index])];
    }

    /// <summary>The probabilities of the classes of a sample.</summary>
    public static double[] P(double[] w, int sample)
    {
        var z = Logits(w, sample).Select(Math.Exp).ToArray();
        return [.. z.Select(each => each / z.Sum())];
    }

    /// <summary>The logits of a sample.</summary>
    public static double[] Logits(double[] w, int sample) =>
        [.. Enumerable.Range(0, Classes).Select(c => Enumerable.Range(0, Inputs).Sum(j => w[c * Inputs + j] * X[sample * Inputs + j]))];

    private static double[] Entries(Func<int, int, double> entry) =>
        [.. Enumerable.Range(0, Classes * Inputs).Select(index => entry(index / Inputs, index % Inputs))];

    private static double[] Single(int count, Func<int, double> entry) =>
        [.. Enumerable.Range(0, count).Select(index => (double)(float)entry(index))];
}
