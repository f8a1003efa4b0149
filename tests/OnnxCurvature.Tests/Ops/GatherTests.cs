using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Directions that have indices of their own.</summary>
public sealed class GatherTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_direction_takes_its_own_indices(bool tables)
    {
        var b = new GraphBuilder();
        var (x, indices) = (
            b.Parameter(new TensorType(ElementType.Float64, [2, 3, 2])),
            b.Parameter(new TensorType(ElementType.Int64, [2]))
        );
        var (all, lists) = (
            b.Parameter(x.Type with { Shape = x.Type.Shape.Prepend(2) }),
            b.Parameter(indices.Type with { Shape = [2, 2] })
        );
        var directions = new Dictionary<Value, Value> { [indices] = lists };
        if (tables)
            directions[x] = all;
        var gathered = b.Batch([Gather.Of(b, x, indices, 1)], directions, 2)[0]!;
        var table = Tensor.Of([2, 2, 3, 2], [.. Enumerable.Range(0, 24).Select(i => (double)i)]);
        var values = new Dictionary<Value, Tensor>
        {
            [x] = Tensor.Of([2, 3, 2], table.Floats[..12]),
            [all] = table,
            [lists] = Tensor.Of(ElementType.Int64, [2, 2], [2L, 0, -1, 1]),
        };
        Interpreter.Run(GraphWalk.Ancestors([gathered]), values, TestContext.Current.CancellationToken);
        var second = tables ? 12 : 0;
        Assert.Equal(
            [4, 5, 0, 1, 10, 11, 6, 7, .. new double[] { 4, 5, 2, 3, 10, 11, 8, 9 }.Select(entry => entry + second)],
            values[gathered].Floats
        );
    }
}
