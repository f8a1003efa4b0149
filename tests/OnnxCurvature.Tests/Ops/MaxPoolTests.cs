using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Max pooling at its kinks.</summary>
public sealed class MaxPoolTests
{
    [Theory]
    [InlineData(2, new[] { 1.0, 0, 1, 0, 0, 0, 0, 0 })]
    [InlineData(1, new[] { 1.0, 1, 1, 0, 0, 0, 0, 0 })]
    public void The_first_of_equal_entries_gets_the_cotangent(long stride, double[] expected)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [1, 1, 2, 4]));
        var y = Catalogue
            .Get<MaxPool>()
            .Apply(b, [x], Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [stride, stride]))
            .Output;
        var cotangent = b.Constant(Tensor.Filled(ElementType.Float64, y.Type.Shape.Sizes, 1));
        var cx = b.Linearize([x], [y]).Transpose(b, [cotangent])[0]!;
        var program = b.Build([x], [new NamedValue("cx", cx)]);
        var result = Interpreter.Run(program, new Dictionary<Value, Tensor> { [x] = Tensor.Filled(ElementType.Float64, [1, 1, 2, 4], 3) });
        Assert.Equal(expected, result[0].Floats);
    }
}
