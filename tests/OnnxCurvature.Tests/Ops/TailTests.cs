using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Tests.Laws;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>
/// First and second derivatives of activations where they are small, as ONNX Runtime computes them in float32, against closed forms in
/// double: right in proportion to themselves, not to 1.
/// </summary>
public sealed class TailTests
{
    private static readonly double[] Points = [-60, -30, -18, -15.5, -9, -5, -1.25, -0.001, 0, 0.001, 0.75, 4, 8.5, 14, 17, 31, 60];

    // Cubes of what is below -7 would make exponents of hundreds, which float32 does not hold.
    private static readonly double[] Near = [-4, -3, -2, -0.5, 0, 0.5, 2, 3, 4];

    private static double Sigma(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>σ'.</summary>
    private static double Bell(double x) => Sigma(x) * Sigma(-x);

    /// <summary>σ''.</summary>
    private static double BellSlope(double x) => -Bell(x) * Math.Tanh(x / 2);

    [Fact]
    public void Sigmoid_has_right_tails() => Check("Sigmoid", Points, Bell, BellSlope);

    [Fact]
    public void Tanh_has_right_tails() => Check("Tanh", [.. Points.Select(x => x / 2)], x => 4 * Bell(2 * x), x => 8 * BellSlope(2 * x));

    [Fact]
    public void Softplus_has_right_tails() => Check("Softplus", Points, Sigma, Bell);

    [Fact]
    public void Swish_has_right_tails() => Check("Swish", Points, x => Sigma(x) + x * Bell(x), x => 2 * Bell(x) + x * BellSlope(x));

    [Theory]
    [InlineData("Elu", 1, 1, 1)]
    [InlineData("Celu", 1, 1, 1)]
    [InlineData("Selu", 1.0507009873554805, 1.0507009873554805 * 1.6732632423543772, 1)]
    public void Exponential_units_have_right_tails(string name, double right, double left, double scale) =>
        Check(name, Points, x => x > 0 ? right : left * Math.Exp(x / scale), x => x > 0 ? 0 : left / scale * Math.Exp(x / scale));

    [Fact]
    public void Mish_has_right_tails()
    {
        // ln(1 + e) by its series where e is small.
        static double LogOnePlus(double e) => e < 1e-5 ? e * (1 - e / 2 + e * e / 3) : Math.Log(1 + e);
        static double Inner(double x) => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));
        static double Secant(double x) => 4 * Bell(2 * x);
        Check(
            "Mish",
            Points,
            x => Math.Tanh(Inner(x)) + x * Secant(Inner(x)) * Sigma(x),
            x => Secant(Inner(x)) * (2 * Sigma(x) - 2 * x * Math.Tanh(Inner(x)) * Sigma(x) * Sigma(x) + x * Bell(x))
        );
    }

    [Fact]
    public void Gelu_by_tanh_has_right_tails()
    {
        var scale = Math.Sqrt(2 / Math.PI);
        double U(double x) => scale * (x + 0.044715 * x * x * x);
        double Du(double x) => scale * (1 + 3 * 0.044715 * x * x);
        double Ddu(double x) => scale * 6 * 0.044715 * x;
        Check(
            "Gelu",
            Near,
            x => Sigma(2 * U(x)) + 2 * x * Bell(2 * U(x)) * Du(x),
            x => 4 * Bell(2 * U(x)) * Du(x) + 4 * x * BellSlope(2 * U(x)) * Du(x) * Du(x) + 2 * x * Bell(2 * U(x)) * Ddu(x),
            Attributes.Empty.With("approximate", "tanh")
        );
    }

    [Theory]
    [InlineData(20.0, 0.0, -1.0)]
    [InlineData(31.0, -2.0, 0.5)]
    [InlineData(-1.0, 12.0, 0.0)]
    public void Log_softmax_has_a_right_derivative_by_the_logit_of_a_class_that_is_sure(params double[] logits)
    {
        var sure = Array.IndexOf(logits, logits.Max());
        var others = logits.Where((_, index) => index != sure).Sum(logit => Math.Exp(logit - logits[sure]));
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [1, logits.Length]), "x");
        var y = Catalogue.Find("", "LogSoftmax")!.Apply(b, [x], Attributes.Empty.With("axis", 1L)).Output;
        var slope = b.Gradient(Entry(y), [x])[0]!;
        var second = b.Gradient(Entry(slope), [x])[0]!;
        var found = Run(b, x, [slope, second], [1, logits.Length], logits);
        for (var index = 0; index < logits.Length; index++)
        {
            var p = Math.Exp(logits[index] - logits[sure]) / (1 + others);
            var (q, own) = (others / (1 + others), 1 / (1 + others));
            Near32(index == sure ? q : -p, found[0].Floats[index], $"slope {index}");
            Near32(index == sure ? -own * q : own * p, found[1].Floats[index], $"curvature {index}");
        }

        Value Entry(Value row) => ReduceSum.All(b, Slice.Of(b, row, 1, sure, sure + 1));
    }

    private static void Check(
        string name,
        double[] points,
        Func<double, double> slope,
        Func<double, double> curvature,
        Attributes? attributes = null
    )
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [points.Length]), "x");
        var first = b.Gradient(ReduceSum.All(b, Catalogue.Find("", name)!.Apply(b, [x], attributes).Output), [x])[0]!;
        var second = b.Gradient(ReduceSum.All(b, first), [x])[0]!;
        var found = Run(b, x, [first, second], [points.Length], points);
        for (var index = 0; index < points.Length; index++)
        {
            // Data are float32.
            var at = (double)(float)points[index];
            Near32(slope(at), found[0].Floats[index], $"{name}' at {at}");
            Near32(curvature(at), found[1].Floats[index], $"{name}'' at {at}");
        }
    }

    private static Ir.Tensor[] Run(GraphBuilder b, Value x, Value[] outputs, long[] shape, double[] at) =>
        RuntimeProgram.Run(
            b.Build([x], [.. outputs.Select((output, index) => new NamedValue($"y{index}", output))]),
            OpsetRange.Highest,
            new Dictionary<Value, Ir.Tensor> { [x] = Ir.Tensor.Of(shape, at) }
        )!;

    /// <summary>Right to 2e-5 of itself; only what is below the normal numbers of float32 may be anything as small.</summary>
    private static void Near32(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 2e-5 * Math.Abs(expected) + 1e-37, $"{what}: {expected:R} expected, {actual:R} found");
}
