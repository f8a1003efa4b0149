using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Convolutions that the laws, whose images are small, do not reach.</summary>
public sealed class ConvolutionTests
{
    [Fact]
    public void An_image_of_many_positions_is_convolved_in_blocks()
    {
        var (x, w) = (Numbers(1, 2, 70, 70), Numbers(3, 2, 3, 3));
        var y = Evaluate<Conv>(x, w, Attributes.Empty.With("pads", [1, 1, 1, 1]));
        for (var i = 0; i < 70; i++)
        for (var j = 0; j < 70; j++)
        for (var o = 0; o < 3; o++)
        {
            double sum = 0;
            for (var c = 0; c < 2; c++)
            for (var k = 0; k < 9; k++)
                if (i + k / 3 - 1 is >= 0 and < 70 and var row && j + k % 3 - 1 is >= 0 and < 70 and var column)
                    sum += w.Floats[(o * 2 + c) * 9 + k] * x.Floats[(c * 70 + row) * 70 + column];
            Assert.Equal(sum, y.Floats[(o * 70 + i) * 70 + j], 1e-12);
        }
    }

    [Theory]
    [InlineData("SAME_UPPER", new long[] { 0, 1, 1, 2 })]
    [InlineData("SAME_LOWER", new long[] { 1, 2, 0, 1 })]
    [InlineData("VALID", new long[] { 0, 0, 0, 0 })]
    public void Automatic_padding_becomes_padding_in_numbers(string automatic, long[] pads)
    {
        var b = new GraphBuilder();
        var call = new OperatorCall(
            "Conv",
            "",
            [b.Parameter(Type(1, 1, 6, 5)), b.Parameter(Type(1, 1, 3, 4))],
            Attributes.Empty.With("auto_pad", automatic).With("strides", [2, 1]),
            1
        );
        var canonical = Catalogue.Get<Conv>().FromOpset(b, call, 13).Attributes;
        Assert.False(canonical.Has("auto_pad"));
        Assert.Equal(pads, canonical.Ints("pads")!.Value);
    }

    [Fact]
    public void Automatic_padding_stays_while_it_needs_a_size_that_is_not_known()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [1, 1, Dim.Symbol("H"), 5]));
        var call = new OperatorCall(
            "Conv",
            "",
            [x, b.Parameter(Type(1, 1, 3, 3))],
            Attributes.Empty.With("auto_pad", "SAME_UPPER").With("strides", [2, 2]),
            1
        );
        var canonical = Catalogue.Get<Conv>().FromOpset(b, call, 13);
        Assert.Equal("SAME_UPPER", canonical.Attributes.Text("auto_pad", ""));
        Assert.Equal("[1,1,ceil((H)/2),3]", Catalogue.Get<Conv>().Infer(canonical)[0].Shape.ToString());
    }

    [Fact]
    public void A_transposed_convolution_of_an_asked_for_size_gets_padding_in_numbers()
    {
        var b = new GraphBuilder();
        var call = new OperatorCall(
            "ConvTranspose",
            "",
            [b.Parameter(Type(1, 1, 3)), b.Parameter(Type(1, 1, 4))],
            Attributes.Empty.With("output_shape", [5]).With("strides", [2]),
            1
        );
        var canonical = Catalogue.Get<ConvTranspose>().FromOpset(b, call, 13);
        Assert.Equal([2, 1], canonical.Attributes.Ints("pads")!.Value);
        Assert.Equal("[1,1,5]", Catalogue.Get<ConvTranspose>().Infer(canonical)[0].Shape.ToString());
    }

    [Fact]
    public void Channels_that_do_not_fit_are_refused()
    {
        var b = new GraphBuilder();
        var refusal = Assert.Throws<ShapeException>(() =>
            Catalogue.Get<Conv>().Apply(b, [b.Parameter(Type(1, 3, 4, 4)), b.Parameter(Type(2, 2, 3, 3))])
        );
        Assert.Equal("the input of shape [1,3,4,4] has 3 channels where the weight of shape [2,2,3,3] takes 2", refusal.Message);
    }

    private static TensorType Type(params long[] shape) => new(ElementType.Float64, TensorShape.Of(shape));

    private static Tensor Numbers(params long[] shape)
    {
        var tensor = Tensor.Filled(ElementType.Float64, shape, 0);
        var random = new Random(3);
        foreach (ref var element in tensor.Floats.AsSpan())
            element = random.NextDouble() - 0.5;
        return tensor;
    }

    private static Tensor Evaluate<T>(Tensor x, Tensor w, Attributes attributes)
        where T : Operator
    {
        var b = new GraphBuilder();
        var node = Catalogue.Get<T>().Apply(b, [b.Parameter(x.Type), b.Parameter(w.Type)], attributes);
        return node.Rules().Evaluate(node, [x, w])[0];
    }
}
