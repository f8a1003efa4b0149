using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Methods.Requests;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// One-pass estimates of a net with convolutions against their recursion, where every linear layer is a list of the products that it sums
/// up.
/// </summary>
public sealed class OnePassConvolutionTests
{
    private static readonly string[] Weights = ["c1", "b1", "c2", "f", "f.bias"];
    private static readonly List<Tap> First = [.. Convolution(2, 4, 3, 4, stride: 1)];
    private static readonly List<Tap> Pool =
    [
        .. from channel in Enumerable.Range(0, 3)
        from y in Enumerable.Range(0, 3)
        from x in Enumerable.Range(0, 3)
        from dy in Enumerable.Range(0, 2)
        from dx in Enumerable.Range(0, 2)
        select new Tap((channel * 3 + y) * 3 + x, 0, (channel * 4 + y + dy) * 4 + x + dx),
    ];
    private static readonly double[] Quarter = [0.25];
    private static readonly List<Tap> Second = [.. Convolution(3, 3, 4, 2, stride: 2)];
    private static readonly List<Tap> Dense =
    [
        .. from output in Enumerable.Range(0, 3) from input in Enumerable.Range(0, 16) select new Tap(output, output * 16 + input, input),
    ];

    [Theory]
    [InlineData("CrossEntropy", 1, Estimator.HesScale)]
    [InlineData("CrossEntropy", 2, Estimator.HesScale)]
    [InlineData("Mse", 2, Estimator.HesScale)]
    [InlineData("CrossEntropy", 2, Estimator.BeckerLeCun)]
    [InlineData("Mse", 1, Estimator.BeckerLeCun)]
    public void Estimates_pass_convolutions_and_average_poolings_as_the_recursion_does_by_hand(
        string loss,
        int samples,
        Estimator estimator
    )
    {
        foreach (var weight in Weights)
        {
            var request = new CurvatureRequest
            {
                WithRespectTo = [weight],
                Loss = new LossRequest(loss == "Mse" ? LossKind.Mse : LossKind.CrossEntropy),
                Quantities = [Quantity.HessianDiagonal],
                Estimator = estimator,
            };
            var run = new DerivativeRun($"tanh cnn {loss} {samples}", request);
            var expected = ByHand(run, loss, samples, estimator == Estimator.HesScale)[weight];
            var computed = run[Quantity.HessianDiagonalEstimate];
            Assert.True((computed - expected).L2Norm() < 1e-12 * expected.L2Norm(), $"{weight}: {computed} for {expected}");
        }
    }

    private static Dictionary<string, Vector<double>> ByHand(DerivativeRun run, string loss, int samples, bool exactOutput)
    {
        double[] Floats(string name) => run.Read(name).Floats;
        var input = Floats("x0");
        var c1 = Floats("c1");
        var c2 = Floats("c2");
        var f = Floats("f");
        var sums = Weights.ToDictionary(name => name, name => new double[run.Read(name).Count]);
        for (var n = 0; n < samples; n++)
        {
            var x = input[(n * 32)..((n + 1) * 32)];
            var t1 = Through(First, c1, x, 48, (value, at) => Math.Tanh(value + Floats("b1")[at / 16]));
            var pooled = Through(Pool, Quarter, t1, 27, (value, _) => value);
            var t2 = Through(Second, c2, pooled, 16, (value, _) => Math.Tanh(value));
            var z = Through(Dense, f, t2, 3, (value, at) => value + Floats("f.bias")[at]);

            var (g, h) = (new double[3], new double[3]);
            for (var c = 0; c < 3; c++)
            {
                var p = Math.Exp(z[c]) / z.Sum(Math.Exp);
                var isLabel = loss == "CrossEntropy" && run.Read("labels").Integers[n] == c;
                (g[c], h[c]) =
                    loss == "CrossEntropy"
                        ? ((p - (isLabel ? 1 : 0)) / samples, exactOutput || isLabel ? p * (1 - p) / samples : 0)
                        : (2 * (z[c] - run.Read("target").Floats[n * 3 + c]) / (3 * samples), 2.0 / (3 * samples));
                sums["f.bias"][c] += h[c];
            }
            Weight(Dense, t2, h, sums["f"]);
            var (g2, h2) = BeforeTanh(t2, Back(Dense, f, g, 16), Back(Dense, Squares(f), h, 16));
            Weight(Second, pooled, h2, sums["c2"]);
            var (gp, hp) = (Back(Second, c2, g2, 27), Back(Second, Squares(c2), h2, 27));
            var (_, h1) = BeforeTanh(t1, Back(Pool, Quarter, gp, 48), Back(Pool, Squares(Quarter), hp, 48));
            Weight(First, x, h1, sums["c1"]);
            for (var at = 0; at < 48; at++)
                sums["b1"][at / 16] += h1[at];
        }
        return sums.ToDictionary(entry => entry.Key, entry => Vector<double>.Build.DenseOfArray(entry.Value));
    }

    private static double[] Through(List<Tap> layer, double[] weights, double[] x, int count, Func<double, int, double> activation)
    {
        var y = new double[count];
        foreach (var tap in layer)
            y[tap.Output] += weights[tap.Weight] * x[tap.Input];
        return [.. y.Select(activation)];
    }

    private static double[] Back(List<Tap> layer, double[] weights, double[] y, int count)
    {
        var x = new double[count];
        foreach (var tap in layer)
            x[tap.Input] += weights[tap.Weight] * y[tap.Output];
        return x;
    }

    private static void Weight(List<Tap> layer, double[] x, double[] h, double[] sums)
    {
        foreach (var tap in layer)
            sums[tap.Weight] += x[tap.Input] * x[tap.Input] * h[tap.Output];
    }

    /// <summary>With t = tanh u: t' = 1 − t², t'' = −2 t t'.</summary>
    private static (double[] Gradient, double[] Curvature) BeforeTanh(double[] t, double[] g, double[] h) =>
        (
            [.. t.Zip(g, (value, slope) => (1 - value * value) * slope)],
            [.. t.Select((value, at) => Math.Pow(1 - value * value, 2) * h[at] - 2 * value * (1 - value * value) * g[at])]
        );

    private static double[] Squares(double[] values) => [.. values.Select(value => value * value)];

    /// <summary>The products of a convolution with a kernel of 3 by 3 and one row of zeros around its input.</summary>
    private static IEnumerable<Tap> Convolution(int channels, int size, int outputs, int outputSize, int stride) =>
        from o in Enumerable.Range(0, outputs)
        from y in Enumerable.Range(0, outputSize)
        from x in Enumerable.Range(0, outputSize)
        from c in Enumerable.Range(0, channels)
        from dy in Enumerable.Range(0, 3)
        from dx in Enumerable.Range(0, 3)
        let at = (Row: y * stride + dy - 1, Column: x * stride + dx - 1)
        where at.Row >= 0 && at.Row < size && at.Column >= 0 && at.Column < size
        select new Tap(
            (o * outputSize + y) * outputSize + x,
            ((o * channels + c) * 3 + dy) * 3 + dx,
            (c * size + at.Row) * size + at.Column
        );

    /// <summary>A term of a linear layer: an output sums up a weight times an input.</summary>
    private readonly record struct Tap(int Output, int Weight, int Input);
}
