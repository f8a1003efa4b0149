using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Laws;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>First and second derivatives where naive formulas overflow or divide by zero, against formulas for them.</summary>
public sealed class NumericalCareTests
{
    [Theory]
    [InlineData(0.3, -1.2, 2.0)]
    [InlineData(1e4, 0.0, -1e4)]
    [InlineData(1e4, 1e4, -3.0)]
    [InlineData(-1e4, -9999.0, -1e4)]
    [InlineData(700.0)]
    [InlineData(-1e5, 1e5)]
    public void Softmax_has_its_second_derivative_for_any_logits(params double[] at)
    {
        var (s, c) = (Softmax(at), Weights(at.Length));
        var mean = s.Zip(c, (one, other) => one * other).Sum();
        Check(
            "Softmax",
            at,
            i => s[i] * (c[i] - mean),
            (i, j) => (i == j ? s[i] * (c[i] - mean) : 0) - s[i] * s[j] * (c[i] + c[j] - 2 * mean)
        );
    }

    [Theory]
    [InlineData(0.3, -1.2, 2.0)]
    [InlineData(1e4, 0.0, -1e4)]
    [InlineData(1e4, 1e4, -3.0)]
    [InlineData(-1e4, -9999.0, -1e4)]
    [InlineData(700.0)]
    [InlineData(-1e5, 1e5)]
    public void LogSoftmax_has_its_second_derivative_for_any_logits(params double[] at)
    {
        var (s, c) = (Softmax(at), Weights(at.Length));
        Check("LogSoftmax", at, i => c[i] - c.Sum() * s[i], (i, j) => -c.Sum() * ((i == j ? s[i] : 0) - s[i] * s[j]));
    }

    [Theory]
    [InlineData(0.3, -1.2, 2.0)]
    [InlineData(1e4, 0.0, -1e4)]
    [InlineData(1e4, 1e4, -3.0)]
    [InlineData(-1e4, -9999.0, -1e4)]
    [InlineData(700.0)]
    [InlineData(-1e5, 1e5)]
    public void ReduceLogSumExp_has_its_second_derivative_for_any_logits(params double[] at)
    {
        var s = Softmax(at);
        Check("ReduceLogSumExp", at, i => Weights(1)[0] * s[i], (i, j) => Weights(1)[0] * ((i == j ? s[i] : 0) - s[i] * s[j]));
    }

    [Theory]
    [InlineData(3e-9, -4e-9)]
    [InlineData(3e9, 4e9)]
    [InlineData(0.0, 2.5)]
    public void A_norm_has_its_second_derivative_at_any_distance(double x, double y)
    {
        var r = double.Hypot(x, y);
        double[] u = [x / r, y / r];
        Check("ReduceL2", [x, y], i => Weights(1)[0] * u[i], (i, j) => Weights(1)[0] * ((i == j ? 1 : 0) - u[i] * u[j]) / r);
    }

    [Theory]
    [InlineData("ReduceL2", 3)]
    [InlineData("ReduceL1", 3)]
    [InlineData("LpNormalization", 3)]
    [InlineData("MeanVarianceNormalization", 3)]
    [InlineData("MeanVarianceNormalization", 1)]
    public void At_zero_a_norm_and_what_is_divided_by_it_have_derivatives_of_zero(string name, int size) =>
        Check(
            name,
            new double[size],
            _ => 0,
            (_, _) => 0,
            name == "MeanVarianceNormalization" ? Attributes.Empty.With("axes", [0L]) : null
        );

    [Theory]
    [InlineData("LayerNormalization")]
    [InlineData("RMSNormalization")]
    [InlineData("Softmax")]
    [InlineData("LogSoftmax")]
    public void Along_an_axis_of_size_one_derivatives_are_finite(string name)
    {
        foreach (var at in new[] { -3, 0.0, 1e6 })
        {
            var (gradient, hessian) = Derivatives(
                name,
                [at],
                name.Contains("Normalization", StringComparison.Ordinal) ? [Tensor.Of([1], [2.0])] : []
            );
            Assert.All(gradient.Concat(hessian), element => Assert.True(double.IsFinite(element)), throwIfEmpty: true);
            if (name != "RMSNormalization")
                Assert.All(gradient.Concat(hessian), element => Assert.Equal(0, element), throwIfEmpty: true);
        }
    }

    [Fact]
    public void Rows_of_equal_elements_are_normalized_with_finite_derivatives()
    {
        var (gradient, hessian) = Derivatives("LayerNormalization", [4, 4, 4], [Tensor.Of([3], [1.0, 2, 3])]);
        Assert.All(gradient.Concat(hessian), element => Assert.True(double.IsFinite(element)), throwIfEmpty: true);
        Assert.Equal(0, gradient.Sum(), 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whole_powers_have_their_second_derivative_at_zero_and_below(double p)
    {
        double[] at = [0, -1.5, 2];
        var c = Weights(3);
        foreach (var exponent in new[] { Tensor.Scalar(ElementType.Float64, p), Tensor.Of([3], [p, p, p]) })
            Check(
                "Pow",
                at,
                i => c[i] * (p == 0 ? 0 : p * Math.Pow(at[i], p - 1)),
                (i, j) => i != j || p < 2 ? 0 : c[i] * p * (p - 1) * Math.Pow(at[i], p - 2),
                null,
                exponent
            );
    }

    [Fact]
    public void A_quotient_with_a_numerator_of_zero_has_its_second_derivative()
    {
        var b = new GraphBuilder();
        var (x, y) = (b.Parameter(new TensorType(ElementType.Float64, [])), b.Parameter(new TensorType(ElementType.Float64, [])));
        var gradient = b.Gradient(Div.Of(b, x, y), [x, y]);
        var second = b.Gradient(gradient[1]!, [x, y]);
        var values = Interpreter.Run(
            b.Build([x, y], [new("x", gradient[0]!), new("y", gradient[1]!), new("xy", second[0]!), new("yy", second[1]!)]),
            new Dictionary<Value, Tensor> { [x] = Tensor.Scalar(ElementType.Float64, 0), [y] = Tensor.Scalar(ElementType.Float64, -4) }
        );
        Assert.Equal([-0.25, 0, -1.0 / 16, 0], values.Select(value => value.Floats[0]));
    }

    [Theory]
    [InlineData(2.0, 0.0, 3.0, -1.0)]
    [InlineData(0.0, 5.0, 0.0, 2.0)]
    [InlineData(0.0, 0.0, 0.0, 2.0)]
    public void A_product_with_zeros_has_its_second_derivative(params double[] at) =>
        Check("ReduceProd", at, i => Weights(1)[0] * Others(at, i, i), (i, j) => i == j ? 0 : Weights(1)[0] * Others(at, i, j));

    [Theory]
    [InlineData("Softmax")]
    [InlineData("LogSoftmax")]
    [InlineData("ReduceLogSumExp")]
    public void ONNX_Runtime_computes_finite_second_derivatives_of_large_logits_in_float32(string name)
    {
        var b = new GraphBuilder();
        var (x, v) = (
            b.Parameter(new TensorType(ElementType.Float32, [1, 3]), "x"),
            b.Parameter(new TensorType(ElementType.Float32, [1, 3]), "v")
        );
        var y = Catalogue
            .Find("", name)!
            .Apply(b, [x], name.StartsWith("Reduce", StringComparison.Ordinal) ? Attributes.Empty.With("axes", [1L]) : null)
            .Output;
        var gradient = b.Gradient(ReduceSum.All(b, Mul.Of(b, y, y)), [x])[0]!;
        var product = b.Gradient(ReduceSum.All(b, Mul.Of(b, gradient, v)), [x])[0]!;
        var values = new Dictionary<Value, Tensor> { [x] = Tensor.Of([1, 3], [2e3, 1.999e3, -3e3]), [v] = Tensor.Of([1, 3], [1, -2, 0.5]) };
        var program = b.Build([x, v], [new("gradient", gradient), new("product", product)]);
        var (expected, actual) = (Interpreter.Run(program, values), RuntimeProgram.Run(program, OpsetRange.Highest, values)!);
        for (var index = 0; index < 2; index++)
            Close.Check(expected[index], actual[index], 1e-4, program.Outputs[index].Name);
    }

    private static double Others(double[] at, int i, int j) =>
        at.Where((_, index) => index != i && index != j).Aggregate(1.0, (a, c) => a * c);

    private static double[] Softmax(double[] at) => [.. at.Select(x => 1 / at.Sum(other => Math.Exp(other - x)))];

    private static double[] Weights(int count) => [.. Enumerable.Range(0, count).Select(i => 0.7 - 1.1 * i)];

    private static void Check(
        string name,
        double[] at,
        Func<int, double> slope,
        Func<int, int, double> curvature,
        Attributes? attributes = null,
        params Tensor[] further
    )
    {
        var (gradient, hessian) = Derivatives(name, at, further, attributes);
        var scale = Enumerable.Range(0, at.Length * at.Length).Max(entry => Math.Abs(curvature(entry / at.Length, entry % at.Length)));
        var steepest = Enumerable.Range(0, at.Length).Max(entry => Math.Abs(slope(entry)));
        for (var i = 0; i < at.Length; i++)
        {
            Assert.Equal(slope(i), gradient[i], 1e-12 * steepest);
            for (var j = 0; j < at.Length; j++)
                Assert.True(
                    Math.Abs(curvature(i, j) - hessian[i * at.Length + j]) <= 1e-10 * scale,
                    $"{curvature(i, j):R} expected at ({i}, {j}), {hessian[i * at.Length + j]:R} found"
                );
        }
    }

    /// <summary>The gradient and the Hessian of Σ c y, for weights c.</summary>
    private static (double[] Gradient, double[] Hessian) Derivatives(
        string name,
        double[] at,
        Tensor[] further,
        Attributes? attributes = null
    )
    {
        var b = new GraphBuilder();
        var (x, v) = (
            b.Parameter(new TensorType(ElementType.Float64, [at.Length])),
            b.Parameter(new TensorType(ElementType.Float64, [at.Length]))
        );
        var y = Catalogue.Find("", name)!.Apply(b, [x, .. further.Select(tensor => b.Constant(tensor))], attributes).Output;
        var size = (int)y.Type.Shape.Elements.Factor;
        var weights = b.Constant(Tensor.Of(y.Type.Shape.Sizes, Weights(size)));
        var gradient = b.Gradient(ReduceSum.All(b, Mul.Of(b, y, weights)), [x])[0];
        var product = gradient is null ? null : b.Gradient(ReduceSum.All(b, Mul.Of(b, gradient, v)), [x])[0];
        var values = new Dictionary<Value, Tensor> { [x] = Tensor.Of([at.Length], at) };
        var slopes = gradient is null
            ? new double[at.Length]
            : Interpreter.Run(b.Build([x], [new("gradient", gradient)]), values)[0].Floats;
        var rows = Enumerable
            .Range(0, at.Length)
            .SelectMany(row =>
            {
                values[v] = Tensor.Of([at.Length], [.. Enumerable.Range(0, at.Length).Select(index => index == row ? 1.0 : 0)]);
                return product is null
                    ? new double[at.Length]
                    : Interpreter.Run(b.Build([x, v], [new("product", product)]), values)[0].Floats;
            });
        return (slopes, [.. rows]);
    }
}
