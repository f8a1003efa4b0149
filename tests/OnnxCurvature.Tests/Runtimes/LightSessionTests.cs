using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Runtime.Sessions;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>A session of small nodes that runs once starts without optimizers, and any other one with them.</summary>
public sealed class LightSessionTests
{
    private const GraphOptimizationLevel None = GraphOptimizationLevel.ORT_DISABLE_ALL,
        All = GraphOptimizationLevel.ORT_ENABLE_ALL;

    [Theory]
    [InlineData(8, true, None)]
    [InlineData(8, false, All)]
    [InlineData(512, true, All)]
    public void Optimizers_run_where_they_may_pay(long size, bool runsOnce, GraphOptimizationLevel expected)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [size, size]), "x");
        var program = b.Build([x], [new NamedValue("y", Add.Of(b, MatMul.Of(b, x, x), x))]);
        Assert.Equal(expected, LevelOf(program, runsOnce));
    }

    /// <summary>A batch of a size that is not known may be large.</summary>
    [Fact]
    public void Sizes_that_are_not_known_count_as_large_ones()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [Dim.Symbol("N"), 64]), "x");
        var w = b.Parameter(new TensorType(ElementType.Float32, [64, 64]), "w");
        Assert.Equal(All, LevelOf(b.Build([x, w], [new NamedValue("y", MatMul.Of(b, x, w))]), runsOnce: true));
    }

    private static GraphOptimizationLevel LevelOf(Ir.Program program, bool runsOnce)
    {
        using var options = new OrtSettings(".", ExecutionProvider.Cpu, 1) { RunsOnce = runsOnce }.SessionOptions(program);
        return options.GraphOptimizationLevel;
    }
}
