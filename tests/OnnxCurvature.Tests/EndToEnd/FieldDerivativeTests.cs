using OnnxCurvature.Ir;
using Xunit;
using static OnnxCurvature.Tests.EndToEnd.DerivedModelTests;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Derivatives of a network that stands for a field: of the residual of an equation, and of the misfit of forces.</summary>
public sealed class FieldDerivativeTests
{
    [Fact]
    public void The_residual_of_a_network_that_solves_an_equation_has_exact_derivatives()
    {
        using var tool = new Tool();
        SaveField(tool);
        Succeed(
            tool.Run("augment @field.onnx -o @laplacian.onnx --wrt x --loss sum --reduction sum --quantity laplacian --precision float64")
        );
        Succeed(tool.Run("run @laplacian.onnx -o @out.npz --wrt A b v --loss mse:x.laplacian --data x=@points.npy target=@source.npy"));
        Compare(tool, "out.npz", Residual);
    }

    [Fact]
    public void Forces_that_a_file_gives_out_with_their_sign_are_matched_by_their_name()
    {
        using var tool = new Tool();
        SaveField(tool);
        Succeed(
            tool.Run(
                "augment @field.onnx -o @forces.onnx --wrt x --loss sum --reduction sum --quantity loss,gradient --precision float64 "
                    + "--rename loss=energy x.gradient=forces --negate x.gradient --only"
            )
        );
        tool.Npy("matched.npy", ElementType.Float64, [Points, 2], Sine(2 * Points, 1.7, 0.5));
        Succeed(tool.Run("run @forces.onnx -o @out.npz --wrt A b v --loss mse:forces --data x=@points.npy target=@matched.npy"));
        Compare(tool, "out.npz", Mismatch);
    }

    /// <summary>The mean of (Δu − f)², with Δu = Σⱼ vⱼ |Aⱼ|² tanh''.</summary>
    private static double Residual(double[] weights) =>
        Mean(
            Points,
            n =>
            {
                var laplacian = 0.0;
                for (var unit = 0; unit < Units; unit++)
                {
                    var (a, c, v, t) = Unit(weights, n, unit);
                    laplacian += v * (a * a + c * c) * -2 * t * (1 - t * t);
                }
                return Square(laplacian - Sine(Points, 1.1, 0.5)[n]);
            }
        );

    /// <summary>The mean of (−∂u/∂x − F)².</summary>
    private static double Mismatch(double[] weights) =>
        Mean(
            2 * Points,
            entry =>
            {
                var (n, axis) = Math.DivRem(entry, 2);
                var slope = 0.0;
                for (var unit = 0; unit < Units; unit++)
                {
                    var (a, c, v, t) = Unit(weights, n, unit);
                    slope += v * (axis == 0 ? a : c) * (1 - t * t);
                }
                return Square(-slope - Sine(2 * Points, 1.7, 0.5)[entry]);
            }
        );

    private static (double A, double C, double V, double T) Unit(double[] weights, int n, int unit)
    {
        var x = Sine(2 * Points, 0.7, 1);
        var (a, c) = (weights[unit], weights[Units + unit]);
        return (a, c, weights[3 * Units + unit], Math.Tanh(x[2 * n] * a + x[2 * n + 1] * c + weights[2 * Units + unit]));
    }

    /// <summary>Compares derivatives by all weights with differences of a formula in double.</summary>
    private static void Compare(Tool tool, string file, Func<double[], double> loss)
    {
        double[] weights =
        [
            .. new[] { Sine(2 * Units, 1.3, 0.9), Sine(Units, 0.8, 0.4), Sine(Units, 2.1, 0.7) }
                .SelectMany(part => part)
                .Select(weight => (double)(float)weight),
        ];
        double At(int index, double step)
        {
            var moved = (double[])weights.Clone();
            moved[index] += step;
            return loss(moved);
        }
        var names = new[] { "A", "b", "v" };
        Assert.Equal(loss(weights), tool.Read(file, "loss")[0], 1e-12);
        AssertClose(
            [.. Enumerable.Range(0, weights.Length).Select(index => Slope(step => At(index, step), 1e-3))],
            [.. names.SelectMany(name => tool.Read(file, $"{name}.gradient"))],
            1e-9
        );
        AssertClose(
            [.. Enumerable.Range(0, weights.Length).Select(index => Bend(step => At(index, step), 3e-3))],
            [.. names.SelectMany(name => tool.Read(file, $"{name}.hessian_diagonal"))],
            1e-7
        );
    }

    /// <summary>The second derivative at 0, of fourth order in the step.</summary>
    private static double Bend(Func<double, double> f, double h) =>
        (16 * (f(h) + f(-h)) - (f(2 * h) + f(-2 * h)) - 30 * f(0)) / (12 * h * h);

    private static double Mean(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term) / count;
}
