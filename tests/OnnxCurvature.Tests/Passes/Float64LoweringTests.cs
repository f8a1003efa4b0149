using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Passes;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Passes;

/// <summary>The nodes that the pass replaces, and those that it leaves alone.</summary>
public sealed class Float64LoweringTests
{
    [Fact]
    public void A_program_in_float32_stays_the_same()
    {
        var program = Convolution(ElementType.Float32, 1, out _);
        Assert.Same(program, new Float64Lowering(ExecutionProvider.Cpu).Run(program));
    }

    [Fact]
    public void Only_what_lacks_a_kernel_is_lowered()
    {
        var program = Convolution(ElementType.Float64, 1, out _);
        Assert.DoesNotContain(new Float64Lowering(ExecutionProvider.Cpu).Run(program).Nodes, node => node.Operator is Conv or Erf);
        var onCuda = new Float64Lowering(ExecutionProvider.Cuda).Run(program);
        Assert.Contains(onCuda.Nodes, node => node.Operator is Erf);
        Assert.DoesNotContain(onCuda.Nodes, node => node.Operator is Conv or Mish);
    }

    [Fact]
    public void Softmax_is_lowered_on_CUDA_alone_whose_kernel_rounds_to_float32()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [2, 3]), "x");
        var program = b.Build([x], [new NamedValue("y", Softmax.Of(b, x, 1)), new NamedValue("z", LogSoftmax.Of(b, x, 0))]);
        Assert.Same(program, new Float64Lowering(ExecutionProvider.Cpu).Run(program));
        Assert.DoesNotContain(
            new Float64Lowering(ExecutionProvider.Cuda).Run(program).Nodes,
            node => node.Operator is Softmax or LogSoftmax
        );
    }

    [Fact]
    public void Names_stay_and_new_nodes_say_what_they_are_made_for()
    {
        var lowered = new Float64Lowering(ExecutionProvider.Cpu).Run(Convolution(ElementType.Float64, 1, out _));
        Assert.Contains(lowered.Nodes, node => node.Output.Name == "features");
        Assert.Contains(lowered.Nodes, node => node.Origin is { } origin && origin.Text.Contains("first", StringComparison.Ordinal));
    }

    [Fact]
    public void A_convolution_takes_a_bounded_multiple_of_its_input_and_output()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [2, 64, 32, 32]), "x");
        var w = b.Parameter(new TensorType(ElementType.Float64, [64, 64, 5, 5]), "w");
        var y = Catalogue.Get<Conv>().Apply(b, [x, w], Attributes.Empty.With("pads", [2, 2, 2, 2])).Output;
        var program = new Float64Lowering(ExecutionProvider.Cpu).Run(b.Build([x, w], [new NamedValue("y", y)]));
        var (input, output, weight) = (2 * 64 * 32 * 32 * 8, 2 * 64 * 32 * 32 * 8, 64 * 64 * 25 * 8);
        Assert.InRange(new CostModel(new PlanLimits()).PeakBytes(program), input + output, 5 * (input + output) + 3 * weight);
    }

    [Theory]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(3, 2, 1, 1, 1)]
    [InlineData(4, 1, 2, 0, 2)]
    [InlineData(2, 2, 1, 1, 2)]
    public void Convolutions_and_poolings_of_symbolic_sizes_are_those_of_known_ones(
        int kernel,
        int stride,
        int dilation,
        int pad,
        int group
    )
    {
        foreach (var transposed in (bool[])[false, true])
        {
            var b = new GraphBuilder();
            var x = b.Parameter(new TensorType(ElementType.Float64, [Dim.Symbol("N"), 4, Dim.Symbol("H"), Dim.Symbol("W")]), "x");
            var w = b.Parameter(
                new TensorType(ElementType.Float64, transposed ? [4, 3, kernel, kernel] : [6, 4 / group, kernel, kernel]),
                "w"
            );
            var bias = b.Parameter(new TensorType(ElementType.Float64, [transposed ? 3 * group : 6]), "b");
            var attributes = Attributes
                .Empty.With("strides", [stride, stride])
                .With("dilations", [dilation, dilation])
                .With("pads", [pad, pad, pad, pad])
                .With("group", (object)(long)group);
            Operator op = transposed ? Catalogue.Get<ConvTranspose>() : Catalogue.Get<Conv>();
            var z = op.Apply(b, [x, w, bias], attributes).Output;
            var y = Catalogue
                .Get<AveragePool>()
                .Apply(b, [z], Attributes.Empty.With("kernel_shape", [3, 2]).With("strides", [2, 1]).With("pads", [1, 0, 1, 1]))
                .Output;
            var program = b.Build([x, w, bias], [new NamedValue("z", z), new NamedValue("y", y)]);
            var random = new Random(5);
            var values = new Dictionary<Value, Tensor>
            {
                [x] = Random(random, 2, 4, 9, 11),
                [w] = Random(random, w.Type.Shape.Sizes),
                [bias] = Random(random, bias.Type.Shape.Sizes),
            };
            var expected = new Dictionary<Value, Tensor>(values);
            Interpreter.Run(program.Nodes, expected, TestContext.Current.CancellationToken);
            var actual = RuntimeProgram.Run(new Float64Lowering(ExecutionProvider.Cpu).Run(program), OpsetRange.Lowest, values)!;
            Laws.Close.Check(expected[z], actual[0], 1e-14, "convolution");
            Laws.Close.Check(expected[y], actual[1], 1e-14, "pooling");
        }
    }

    [Fact]
    public void A_pooling_whose_size_is_not_known_is_refused_with_a_sentence()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [1, 2, Dim.Symbol("H")]), "x");
        var y = Catalogue
            .Get<AveragePool>()
            .Apply(b, [x], Attributes.Empty.With("kernel_shape", [3]).With("strides", [2]).With("ceil_mode", (object)1L))
            .Output;
        var refusal = Assert.Throws<UserErrorException>(() =>
            new Float64Lowering(ExecutionProvider.Cpu).Run(b.Build([x], [new NamedValue("y", y)]))
        );
        Assert.Contains("H", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("give the sizes of symbolic dimensions.", refusal.Message, StringComparison.Ordinal);
    }

    private static Tensor Random(Random random, params long[] shape) =>
        Tensor.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextDouble() - 0.5)]);

    private static Ir.Program Convolution(ElementType element, int group, out Value x)
    {
        var b = new GraphBuilder();
        x = b.Parameter(new TensorType(element, [1, 2, 6, 6]), "x");
        var w = b.Parameter(new TensorType(element, [4, 2 / group, 3, 3]), "w");
        var z = b.Append(
            Catalogue.Get<Conv>(),
            [x, w],
            Attributes.Empty,
            [(new TensorType(element, [1, 4, 4, 4]), "features")],
            "first"
        ).Output;
        var y = Catalogue.Get<Mish>().Apply(b, [Catalogue.Get<Erf>().Apply(b, [z]).Output]).Output;
        return b.Build([x, w], [new NamedValue("y", y)]);
    }
}
