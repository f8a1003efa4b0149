using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// A network in float32 that is narrow before a wide output, z = relu(relu(x u) v) w: directions of u come from a Cholesky factor of the
/// Hessian at the narrow value, sample by sample. The expected numbers are a closed form in double.
/// </summary>
public sealed class NarrowCutTests
{
    private const int Samples = 5;
    private const int Inputs = 4;
    private const int Hidden = 1000;
    private const int Narrow = 20;
    private const int Classes = 64;

    [Theory]
    [InlineData("hessian-diagonal", "hessian_diagonal", "")]
    [InlineData("ggn-diagonal", "ggn_diagonal", "")]
    [InlineData("hessian-diagonal", "hessian_diagonal", "--reduction sum")]
    [InlineData("hessian-diagonal", "hessian_diagonal", "--batch-size 2")]
    public void Directions_of_a_cholesky_factor_give_the_diagonal_of_several_samples(string quantity, string name, string options)
    {
        var (u, v, w) = (Matrix(Inputs, Hidden, 1), Matrix(Hidden, Narrow, 2), Matrix(Narrow, Classes, 3));
        var (x, labels) = (Matrix(Samples, Inputs, 4), Enumerable.Range(0, Samples).Select(n => 7 * n % Classes).ToArray());
        using var tool = new Tool();
        tool.Save(
            "narrow.onnx",
            Model(
                new GraphProto
                {
                    Name = "narrow",
                    Input = { Info("x", 1, "N", Inputs) },
                    Output = { Info("z", 1, "N", Classes) },
                    Initializer =
                    {
                        Weight("u", [Inputs, Hidden], i => u[i]),
                        Weight("v", [Hidden, Narrow], i => v[i]),
                        Weight("w", [Narrow, Classes], i => w[i]),
                    },
                    Node =
                    {
                        Node("MatMul", "x u", "a"),
                        Node("Relu", "a", "b"),
                        Node("MatMul", "b v", "c"),
                        Node("Relu", "c", "d"),
                        Node("MatMul", "d w", "z"),
                    },
                }
            )
        );
        tool.Npy("x.npy", ElementType.Float32, [Samples, Inputs], [.. x.Select(number => (double)number)]);
        tool.Npy("labels.npy", ElementType.Int64, [Samples], [.. labels.Select(label => (double)label)]);
        var run = tool.Run(
            $"run @narrow.onnx -o @o.npz --wrt u --loss cross-entropy --quantity {quantity} {options} --data x=@x.npy labels=@labels.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("Cholesky factor at a cut", run.Output, StringComparison.Ordinal);
        var expected = Diagonal(x, u, v, w, options.Contains("sum", StringComparison.Ordinal) ? 1 : Samples);
        var computed = tool.Read("o.npz", $"u.{name}");
        Assert.Equal(expected.Length, computed.Length);
        var largest = expected.Max();
        Assert.True(largest > 0.01);
        Assert.All(expected.Zip(computed), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * largest));
    }

    /// <summary>
    /// With r the derivative of z by an entry of u, p r² − (p r)² of each sample, added up: nothing but the loss is curved away from kinks.
    /// </summary>
    private static double[] Diagonal(float[] x, float[] u, float[] v, float[] w, double divisor)
    {
        var diagonal = new double[Inputs * Hidden];
        for (var n = 0; n < Samples; n++)
        {
            var sample = n;
            double[] a = [.. Enumerable.Range(0, Hidden).Select(h => Sum(Inputs, i => (double)x[sample * Inputs + i] * u[i * Hidden + h]))];
            double[] c = [.. Enumerable.Range(0, Narrow).Select(k => Sum(Hidden, h => Math.Max(a[h], 0) * v[h * Narrow + k]))];
            double[] z = [.. Enumerable.Range(0, Classes).Select(of => Sum(Narrow, k => Math.Max(c[k], 0) * w[k * Classes + of]))];
            var total = z.Sum(Math.Exp);
            for (var h = 0; h < Hidden; h++)
            {
                if (a[h] <= 0)
                    continue;
                var (square, mean) = (0.0, 0.0);
                for (var of = 0; of < Classes; of++)
                {
                    var slope = Sum(Narrow, k => c[k] > 0 ? (double)v[h * Narrow + k] * w[k * Classes + of] : 0);
                    square += Math.Exp(z[of]) / total * slope * slope;
                    mean += Math.Exp(z[of]) / total * slope;
                }
                for (var i = 0; i < Inputs; i++)
                    diagonal[i * Hidden + h] += x[n * Inputs + i] * (double)x[n * Inputs + i] * (square - mean * mean) / divisor;
            }
        }
        return diagonal;
    }

    private static double Sum(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term);

    private static float[] Matrix(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - 0.45))];
    }
}
