using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Passes;

/// <summary>
/// Elementwise functions that ONNX Runtime has no float64 kernels of are exact to the last digits wherever they are defined.
/// </summary>
public sealed class ExactFunctionTests
{
    private const double Ulps = 8;

    private static readonly double[] Positive =
    [
        1e-300,
        1e-17,
        3e-9,
        1e-4,
        0.03,
        0.0981,
        0.0984,
        0.19,
        0.25,
        0.41,
        0.5,
        0.7,
        0.99,
        1,
        1.01,
        1.5,
        2.4,
        3,
        7,
        19,
        36,
        41,
        300,
        700,
    ];
    private static readonly double[] Any = [.. Positive.Select(x => -x), 0, .. Positive];
    private static readonly double[] Small = [.. Any.Where(x => Math.Abs(x) <= 1)];

    public static TheoryData<string> Functions => [.. References.Keys];

    private static readonly Dictionary<string, (double[] Points, Func<double, double> Reference)> References = new()
    {
        ["Acos"] = (Small, Math.Acos),
        ["Acosh"] = ([1, 1 + 1e-15, 1 + 1e-9, 1.001, 1.5, 2, 10, 1e5, 1e100], Math.Acosh),
        ["Asin"] = (Small, Math.Asin),
        ["Asinh"] = ([.. Any, 1e8, -1e8, 1e10, 1e200, -1e200], Math.Asinh),
        ["Atan"] = ([.. Any, 1e9, -1e300, double.PositiveInfinity, double.NegativeInfinity], Math.Atan),
        ["Atanh"] = ([.. Small.Where(x => Math.Abs(x) < 1), 0.999999, -0.9999999999], Math.Atanh),
        ["Celu"] = (Any, x => x > 0 ? x : ExpMinusOne(x)),
        ["Cosh"] = (Any, Math.Cosh),
        ["Elu"] = (Any, x => x > 0 ? x : ExpMinusOne(x)),
        ["Sinh"] = (Any, Math.Sinh),
        ["Softplus"] = (Any, x => x > 0 ? x + LogOnePlus(Math.Exp(-x)) : LogOnePlus(Math.Exp(x))),
        ["Softsign"] = (Any, x => x / (1 + Math.Abs(x))),
        ["Tan"] = ([.. Any.Where(x => Math.Abs(x) < 100)], Math.Tan),
    };

    /// <summary>erf, summed in 80 decimal digits.</summary>
    public static TheoryData<double, double> ErrorFunctionTable =>
        new()
        {
            { 1e-300, 1.1283791670955126e-300 },
            { 1e-12, 1.1283791670955126e-12 },
            { 3e-05, 3.385137500270997e-05 },
            { 0.01, 0.011283415555849618 },
            { 0.0624, 0.07031957901690875 },
            { 0.0626, 0.07054437502289038 },
            { 0.1, 0.1124629160182849 },
            { 0.1875, 0.20911767705937584 },
            { 0.3, 0.3286267594591274 },
            { 0.5, 0.5204998778130465 },
            { 0.75, 0.7111556336535151 },
            { 0.99, 0.8385080695553698 },
            { 1, 0.8427007929497149 },
            { 1.3, 0.9340079449406524 },
            { 1.7, 0.9837904585907745 },
            { 2.0625, 0.9964637508747902 },
            { 2.4999, 0.9995928300996666 },
            { 2.5, 0.999593047982555 },
            { 3, 0.9999779095030014 },
            { 3.3, 0.9999969422902035 },
            { 4.1, 0.9999999932999724 },
            { 5, 0.9999999999984626 },
            { 5.9, 0.9999999999999999 },
            { 5.93, 1 },
            { 6, 1 },
            { 7.5, 1 },
        };

    [Theory, MemberData(nameof(Functions))]
    public void A_function_is_exact_to_the_last_digits(string name)
    {
        var (points, reference) = References[name];
        var values = Run(name, points);
        for (var index = 0; index < points.Length; index++)
            Near(reference(points[index]), values[index], $"{name}({points[index]:R})");
    }

    [Theory, MemberData(nameof(ErrorFunctionTable))]
    public void The_error_function_is_exact_to_the_last_digits(double x, double expected)
    {
        var values = Run("Erf", [x, -x]);
        Near(expected, values[0], $"erf({x:R})");
        Near(-expected, values[1], $"erf({-x:R})");
    }

    [Fact]
    public void NaN_stays_NaN()
    {
        foreach (var name in References.Keys.Append("Erf").Append("Gelu").Append("LeakyRelu").Append("HardSigmoid").Append("Mish"))
            Assert.True(double.IsNaN(Run(name, [double.NaN])[0]), name);
    }

    [Fact]
    public void The_error_function_of_infinity_is_one() =>
        Assert.Equal([1, -1], Run("Erf", [double.PositiveInfinity, double.NegativeInfinity]));

    private static void Near(double expected, double found, string what) =>
        Assert.True(
            Math.Abs(found - expected) <= Ulps * Math.BitIncrement(Math.Abs(expected)) - Ulps * Math.Abs(expected)
                || expected.Equals(found),
            $"{what} is {found:R}, and {expected:R} was expected"
        );

    // Those of double cancel near zero.
    private static double ExpMinusOne(double x) => 2 * Math.Sinh(x / 2) * Math.Exp(x / 2);

    private static double LogOnePlus(double x) => 2 * Math.Atanh(x / (2 + x));

    private static double[] Run(string name, double[] points)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [points.Length]), "x");
        var program = new Float64Lowering(ExecutionProvider.Cpu).Run(
            b.Build([x], [new NamedValue("y", Catalogue.Find("", name)!.Apply(b, [x]).Output)])
        );
        var y = RuntimeProgram.Run(program, OpsetRange.Highest, new Dictionary<Value, Tensor> { [x] = Tensor.Of([points.Length], points) });
        Assert.NotNull(y);
        return y[0].Floats;
    }
}
