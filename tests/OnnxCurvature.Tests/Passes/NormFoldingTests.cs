using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Sessions;
using Xunit;

namespace OnnxCurvature.Tests.Passes;

/// <summary>Norms that become part of the convolution before them, and those that stay.</summary>
public sealed class NormFoldingTests
{
    private readonly GraphBuilder _builder = new();
    private readonly Random _random = new(7);

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void A_norm_becomes_part_of_the_convolution_before_it(int groups, bool isBiased)
    {
        var (x, norm) = Network(ElementType.Float64, groups, isBiased);
        var program = _builder.Build([x], [new NamedValue("y", norm)]);
        var folded = new NormFolding().Run(program);
        Assert.DoesNotContain(folded.Nodes, node => node.Operator is BatchNormalization);
        Assert.Single(folded.Nodes, node => node.Operator is Conv);
        var given = Numbers(ElementType.Float64, 2, 4, 5, 5);
        var (expected, actual) = (Interpreted(program), Interpreted(folded));
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-13 * Math.Abs(pair.First) + 1e-14));

        double[] Interpreted(Ir.Program one) => [.. Interpreter.Run(one, new Dictionary<Value, Tensor> { [x] = given })[0].Floats];
    }

    /// <summary>A ReLU may be cut off by the last bit, so results must not depend on who folds.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void It_is_folded_with_the_rounding_of_ONNX_Runtime(int groups, bool isBiased)
    {
        var (x, norm) = Network(ElementType.Float32, groups, isBiased);
        var program = _builder.Build([x], [new NamedValue("y", norm)]);
        float[] given = [.. Enumerable.Range(0, 2 * 4 * 5 * 5).Select(_ => _random.NextSingle() - 0.5f)];
        using var input = OrtValue.CreateTensorValueFromMemory(given, [2, 4, 5, 5]);
        using var options = new SessionOptions();
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "NchwcTransformer");
        using var theirs = new InferenceSession(OnnxWriter.Serialize(program, "."), options);
        var settings = new OrtSettings(".", ExecutionProvider.Cpu, 1) { RunsOnce = true };
        Assert.True(settings.FoldsNorms(program));
        using var ours = new OrtProgram(program, settings);

        using var run = new RunOptions();
        using var expected = theirs.Run(run, theirs.InputNames, [input], theirs.OutputNames);
        using var actual = ours.Run([input], _ => true, TestContext.Current.CancellationToken)[0];
        Assert.Equal(expected[0].GetTensorDataAsSpan<float>().ToArray(), actual.GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void A_norm_stays_where_the_convolution_is_used_besides()
    {
        var (x, norm) = Network(ElementType.Float32, 1, isBiased: true);
        var convolved = norm.Producer!.Inputs[0]!;
        AssertStays(_builder.Build([x], [new NamedValue("y", norm), new NamedValue("z", convolved)]));
        AssertStays(_builder.Build([x], [new NamedValue("y", Add.Of(_builder, norm, convolved))]));
    }

    [Fact]
    public void A_norm_stays_behind_another_node_and_where_a_weight_is_given()
    {
        var (x, _) = Network(ElementType.Float32, 1, isBiased: true);
        AssertStays(_builder.Build([x], [new NamedValue("y", Norm(Neg.Of(_builder, x)))]));
        var weight = _builder.Parameter(new TensorType(ElementType.Float32, [4, 4, 3, 3]), "w");
        AssertStays(_builder.Build([x, weight], [new NamedValue("y", Norm(Convolved(x, weight, 1, isBiased: false)))]));
    }

    /// <summary>In the body the convolution would be computed anew for every iteration.</summary>
    [Fact]
    public void A_norm_in_a_body_stays_behind_a_convolution_before_the_loop()
    {
        var (x, norm) = Network(ElementType.Float32, 1, isBiased: true);
        var body = new GraphBuilder(_builder);
        var position = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var inside = Norm(norm.Producer!.Inputs[0]!, body);
        var scan = Scan.Of(_builder, _builder.Vector(0, 1), body.Build([position], [new NamedValue("y", inside)]));
        AssertStays(_builder.Build([x], [new NamedValue("y", scan)]));
    }

    private static void AssertStays(Ir.Program program) => Assert.Same(program, new NormFolding().Run(program));

    /// <summary>A norm behind a convolution of x [2, 4, 5, 5] to as many channels.</summary>
    private (Value X, Value Norm) Network(ElementType element, int groups, bool isBiased)
    {
        var x = _builder.Parameter(new TensorType(element, [2, 4, 5, 5]), "x");
        return (x, Norm(Convolved(x, Weight(element, 4, 4 / groups, 3, 3), groups, isBiased)));
    }

    private Value Convolved(Value x, Value weight, int groups, bool isBiased)
    {
        Value?[] inputs = isBiased ? [x, weight, Weight(x.Type.Element, 4)] : [x, weight];
        var attributes = Attributes
            .Empty.With("kernel_shape", (long[])[3, 3])
            .With("strides", (long[])[1, 1])
            .With("dilations", (long[])[1, 1])
            .With("pads", (long[])[1, 1, 1, 1])
            .With("group", (object)(long)groups);
        return Catalogue.Get<Conv>().Apply(_builder, [.. inputs], attributes).Output;
    }

    private Value Norm(Value x, GraphBuilder? scope = null)
    {
        var element = x.Type.Element;
        var variance = _builder.Constant(Tensor.Of(element, [4], [0.3, 1.7, 0.01, 25]));
        return Catalogue
            .Get<BatchNormalization>()
            .Apply(
                scope ?? _builder,
                [x, Weight(element, 4), Weight(element, 4), Weight(element, 4), variance],
                Attributes.Empty.With("epsilon", 1e-3)
            )
            .Output;
    }

    private Value Weight(ElementType element, params long[] shape) => _builder.Constant(Numbers(element, shape));

    private Tensor Numbers(ElementType element, params long[] shape)
    {
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        return Tensor.Of(element, shape, [.. Enumerable.Range(0, count).Select(_ => (double)(_random.NextSingle() - 0.5f))]);
    }
}
