using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>The derivative of Range, whose count is known only at run time.</summary>
public sealed class RangeTests
{
    [Fact]
    public void The_tangent_is_that_of_the_start_and_that_of_the_step_times_the_position()
    {
        var b = new GraphBuilder();
        var scalar = new TensorType(ElementType.Float64, TensorShape.Scalar);
        var (start, limit, step) = (b.Parameter(scalar), b.Parameter(scalar), b.Parameter(scalar));
        var numbers = Catalogue
            .Find("", "Range")!
            .Apply(b, [start, limit, step], types: [new TensorType(ElementType.Float64, [Dim.Symbol("count")])])
            .Output;
        var linear = b.Linearize([start, step], [numbers]);
        var values = new Dictionary<Value, Tensor>
        {
            [start] = Tensor.Scalar(ElementType.Float64, 1),
            [limit] = Tensor.Scalar(ElementType.Float64, 2.9),
            [step] = Tensor.Scalar(ElementType.Float64, 0.5),
            [linear.Inputs[0]] = Tensor.Scalar(ElementType.Float64, 10),
            [linear.Inputs[1]] = Tensor.Scalar(ElementType.Float64, 3),
        };
        Interpreter.Run(GraphWalk.Ancestors([linear.Outputs[0]!]), values, TestContext.Current.CancellationToken);
        Assert.Equal([10, 13, 16, 19], values[linear.Outputs[0]!].Floats);
    }
}
