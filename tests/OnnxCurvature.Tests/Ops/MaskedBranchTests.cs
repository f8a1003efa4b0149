using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Laws;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>
/// Entries that a Where leaves out have no influence, whatever they are: derivatives where they are infinite
/// or no number are those where they are finite.
/// </summary>
public sealed class MaskedBranchTests
{
    private static readonly double[] Kept = [0.7, 1.3, 0.4];

    [Theory]
    [
        InlineData("Sqrt", 0.0),
        InlineData("Sqrt", -1.0),
        InlineData("Log", 0.0),
        InlineData("Log", -2.0),
        InlineData("Reciprocal", 0.0),
        InlineData("Exp", 1e3)
    ]
    [
        InlineData("Acos", 1.0),
        InlineData("Asin", -1.0),
        InlineData("Atanh", 1.0),
        InlineData("Acosh", 1.0),
        InlineData("Sinh", 1e3),
        InlineData("Cosh", -1e3)
    ]
    public void A_function_may_be_infinite_where_it_is_left_out(string name, double leftOut) =>
        Check(
            x =>
                Catalogue
                    .Find("", name)!
                    .Apply(
                        x.Builder,
                        [
                            name == "Acosh" ? x + 1.5
                            : name is "Acos" or "Asin" or "Atanh" ? x * 0.5
                            : x,
                        ]
                    )
                    .Output,
            name is "Acos" or "Asin" or "Atanh" ? 2 * leftOut
                : name == "Acosh" ? leftOut - 1.5
                : leftOut
        );

    [Theory]
    [InlineData(0.5), InlineData(-1.0), InlineData(-2.0), InlineData(1.5)]
    public void A_power_may_be_infinite_where_it_is_left_out(double exponent) =>
        Check(x => Catalogue.Find("", "Pow")!.Apply(x.Builder, [x.Value, x.Number(exponent)]).Output, 0);

    [Fact]
    public void A_quotient_may_be_infinite_where_it_is_left_out() => Check(x => (2 * x + 1) / x, 0);

    [Fact]
    public void A_value_after_an_infinite_one_may_be_no_number_where_it_is_left_out() =>
        Check(x => x * (x.Through<Log>() * x).Through<Sqrt>().Through<Neg>() + x.Through<Reciprocal>(), 0, above: 1.1);

    [Fact]
    public void A_softmax_of_nothing_but_negative_infinity_may_be_left_out()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Of(2, 3)));
        var bias = b.Constant(
            Tensor.Of([2, 3], [0, 0, double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity])
        );
        var y = Softmax.Of(b, Add.Of(b, x, bias), 1);
        var chosen = Where.Of(b, b.Constant(Tensor.Of(ElementType.Bool, [2, 1], [1L, 0])), y, b.Scalar(ElementType.Float64, 0));
        var (gradient, product) = Derivatives(b, x, chosen, Tensor.Of([2, 3], [0.2, -0.4, 1, 2, 3, 4]));
        Assert.All(gradient.Concat(product), entry => Assert.True(double.IsFinite(entry)), throwIfEmpty: true);
        Assert.All(gradient.Skip(2).Concat(product.Skip(2)), entry => Assert.Equal(0, entry), throwIfEmpty: true);
        Assert.True(Math.Abs(gradient[0]) > 1e-3 && Math.Abs(product[0]) > 1e-3);
    }

    [Fact]
    public void An_entry_that_is_not_left_out_stays_infinite()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Of(2)));
        var root = new Expr(b, x).Through<Sqrt>();
        var y = Add.Of(b, Where.Of(b, b.Constant(Tensor.Of(ElementType.Bool, [2], [1L, 0])), root, b.Scalar(ElementType.Float64, 0)), root);
        var (gradient, _) = Derivatives(b, x, y, Tensor.Of([2], [0.5, 0]));
        Assert.True(double.IsFinite(gradient[0]));
        Assert.False(double.IsFinite(gradient[1]));
    }

    /// <summary>
    /// The derivatives with something for the last entry, which a mask leaves out, are those with another number there; in either branch.
    /// </summary>
    private static void Check(Func<Expr, Value> function, double given, double above = 0)
    {
        foreach (var isChosen in new[] { true, false })
        {
            var (bad, good) = (At(given), At(0.9));
            Close.Check(Tensor.Of([8], good), Tensor.Of([8], bad), 1e-12, $"derivatives of the branch of {isChosen}");
            Assert.Equal(0, bad[3]);
            Assert.Equal(0, bad[7]);

            double[] At(double last)
            {
                var b = new GraphBuilder();
                var x = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Of(4)));
                var mask = b.Constant(Tensor.Of(ElementType.Bool, [4], (long[])(isChosen ? [1, 1, 1, 0] : [0, 0, 0, 1])));
                var (y, zero) = (function(new Expr(b, x)), b.Scalar(ElementType.Float64, 0));
                var (gradient, product) = Derivatives(
                    b,
                    x,
                    isChosen ? Where.Of(b, mask, y, zero) : Where.Of(b, mask, zero, y),
                    Tensor.Of([4], [.. Kept.Select(entry => entry + above), last])
                );
                return [.. gradient, .. product];
            }
        }
    }

    /// <summary>The gradient of Σ y² w, and the Hessian times a direction.</summary>
    private static (double[] Gradient, double[] Product) Derivatives(GraphBuilder b, Value x, Value y, Tensor at)
    {
        var weights = b.Constant(Tensor.Of(y.Type.Shape.Sizes, [.. Enumerable.Range(0, at.Count).Select(i => 0.5 + 0.25 * i)]));
        var loss = ReduceSum.All(b, Mul.Of(b, Mul.Of(b, y, y), weights));
        var gradient = b.Gradient(loss, [x])[0]!;
        var second = b.Linearize([x], [gradient]);
        var values = new Dictionary<Value, Tensor>
        {
            [x] = at,
            [second.Inputs[0]] = Tensor.Of(at.Shape.AsSpan(), [.. Enumerable.Range(0, at.Count).Select(i => Math.Cos(i))]),
        };
        Interpreter.Run(GraphWalk.Ancestors([gradient, second.Outputs[0]!]), values, TestContext.Current.CancellationToken);
        return (values[gradient].Floats, values[second.Outputs[0]!].Floats);
    }
}
