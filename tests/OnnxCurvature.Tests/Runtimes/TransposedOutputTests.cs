using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>An optimization of ONNX Runtime that would take an output away.</summary>
public sealed class TransposedOutputTests
{
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void A_transpose_that_is_an_output_and_a_factor_is_there(ElementType element)
    {
        var b = new GraphBuilder();
        var (x, y, z) = (
            b.Parameter(new TensorType(element, [3, 2]), "x"),
            b.Parameter(new TensorType(element, [3, 2]), "y"),
            b.Parameter(new TensorType(element, [2, 2]), "z")
        );
        var transposed = TransposeAxes.Last(b, x);
        var program = b.Build(
            [x, y, z],
            [new NamedValue("transposed", transposed), new NamedValue("sum", Add.Of(b, MatMul.Of(b, transposed, y), z))]
        );
        using var session = new OrtProgram(program, new OrtSettings(Path.GetTempPath(), ExecutionProvider.Cpu, 1));
        using var feed = RuntimeProgram.Feed(Tensor.Of([3, 2], [1, 2, 3, 4, 5, 6]).CastTo(element));
        using var zero = RuntimeProgram.Feed(Tensor.Of([2, 2], new double[4]).CastTo(element));
        var results = session.Run([feed, feed, zero], _ => true, TestContext.Current.CancellationToken);
        Assert.Equal([1, 3, 5, 2, 4, 6], OrtTensors.Doubles(results[0]));
        Assert.Equal([35, 44, 44, 56], OrtTensors.Doubles(results[1]));
        foreach (var result in results)
            result.Dispose();
    }
}
