using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>The conventional derivatives where functions have none.</summary>
public sealed class KinkTests
{
    [Theory]
    [InlineData("Relu", 0, 0)]
    [InlineData("Abs", 0, 0)]
    [InlineData("Sign", 0, 0)]
    [InlineData("LeakyRelu", 0, 0.01)]
    [InlineData("Elu", 0, 1)]
    [InlineData("Celu", 0, 1)]
    [InlineData("HardSigmoid", 2.5, 0)]
    [InlineData("HardSigmoid", -2.5, 0)]
    [InlineData("HardSwish", 3, 1.5)]
    [InlineData("HardSwish", -3, -0.5)]
    [InlineData("ThresholdedRelu", 1, 0)]
    [InlineData("Shrink", 0.5, 0)]
    [InlineData("Softsign", 0, 1)]
    [InlineData("ReduceL1", 0, 0)]
    [InlineData("ReduceL2", 0, 0)]
    [InlineData("Floor", 1, 0)]
    public void The_slope_at_a_kink_follows_the_convention(string name, double at, double slope) =>
        Assert.Equal([slope], Gradient(name, [at]), (a, b) => Math.Abs(a - b) < 1e-15);

    [Theory]
    [InlineData("Relu")]
    [InlineData("Abs")]
    [InlineData("LeakyRelu")]
    [InlineData("Softsign")]
    [InlineData("ReduceL1")]
    public void The_second_derivative_at_a_kink_is_zero(string name) => Assert.Equal([0], Gradient(name, [0], order: 2));

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(2, 1)]
    [InlineData(-1.001, 0)]
    [InlineData(2.001, 0)]
    public void The_slope_of_a_clip_on_its_bounds_is_one(double at, double slope)
    {
        var b = new GraphBuilder();
        var (low, high) = (b.Scalar(ElementType.Float64, -1), b.Scalar(ElementType.Float64, 2));
        Assert.Equal([slope], Gradient("Clip", [at], b, [low, high]));
    }

    [Fact]
    public void The_first_of_equal_elements_has_the_derivative_of_a_maximum() =>
        Assert.Equal([0, 1, 0, 0], Gradient("ReduceMax", [1, 3, 3, 2]));

    [Fact]
    public void The_first_of_equal_inputs_has_the_derivative_of_a_minimum()
    {
        var b = new GraphBuilder();
        var (x, y) = (b.Parameter(new TensorType(ElementType.Float64, [1])), b.Parameter(new TensorType(ElementType.Float64, [1])));
        var gradient = b.Gradient(ReduceSum.All(b, Catalogue.Find("", "Min")!.Apply(b, [x, y]).Output), [x, y]);
        var one = Tensor.Of([1], [1]);
        var parameters = new Dictionary<Value, Tensor> { [x] = one, [y] = one };
        var program = b.Build([x, y], [new("x", gradient[0]!), new("y", gradient[1]!)]);
        Assert.Equal([1, 0], Interpreter.Run(program, parameters).Select(tensor => tensor.Floats[0]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    public void The_slope_of_a_whole_power_of_zero_is_finite(double exponent, double slope)
    {
        var b = new GraphBuilder();
        Assert.Equal([slope, slope], Gradient("Pow", [0, 0], b, [b.Scalar(ElementType.Float64, exponent)]));
        b = new GraphBuilder();
        Assert.Equal([slope, slope], Gradient("Pow", [0, 0], b, [b.Constant(Tensor.Of([2], [exponent, exponent]))]));
    }

    [Fact]
    public void The_slope_of_a_power_of_zero_in_its_exponent_is_zero()
    {
        var b = new GraphBuilder();
        var p = b.Parameter(new TensorType(ElementType.Float64, [2]));
        var y = Catalogue.Find("", "Pow")!.Apply(b, [b.Constant(Tensor.Of([2], [0, 0])), p]).Output;
        var gradient = b.Gradient(ReduceSum.All(b, y), [p])[0]!;
        var values = Interpreter.Run(b.Build([p], [new("p", gradient)]), new Dictionary<Value, Tensor> { [p] = Tensor.Of([2], [2, 0]) });
        Assert.Equal([0, 0], values[0].Floats);
    }

    [Theory]
    [InlineData("Sigmoid")]
    [InlineData("Softplus")]
    [InlineData("Tanh")]
    [InlineData("Mish")]
    [InlineData("Gelu")]
    [InlineData("Elu")]
    [InlineData("Softsign")]
    [InlineData("Erf")]
    [InlineData("Atan")]
    [InlineData("ReduceLogSumExp")]
    [InlineData("Softmax")]
    [InlineData("LogSoftmax")]
    public void Derivatives_far_away_are_finite(string name)
    {
        foreach (var order in new[] { 1, 2 })
            Assert.All(
                Gradient(name, [-1e30, -1000, 1000, 1e30], order: order),
                element => Assert.True(double.IsFinite(element)),
                throwIfEmpty: true
            );
    }

    /// <summary>The gradient of Σ y, or of Σ of that gradient.</summary>
    private static double[] Gradient(string name, double[] at, GraphBuilder? builder = null, Value[]? further = null, int order = 1)
    {
        var b = builder ?? new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [at.Length]));
        Value? of = Catalogue.Find("", name)!.Apply(b, [x, .. further ?? []]).Output;
        for (var k = 0; k < order && of is not null; k++)
            of = b.Gradient(ReduceSum.All(b, of), [x])[0];
        return of is null
            ? new double[at.Length]
            : Interpreter.Run(b.Build([x], [new("g", of)]), new Dictionary<Value, Tensor> { [x] = Tensor.Of([at.Length], at) })[0].Floats;
    }
}
