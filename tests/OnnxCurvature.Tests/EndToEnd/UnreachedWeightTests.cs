using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Patterns over networks of several outputs, where a loss of one output depends on some of the weights alone.</summary>
public sealed class UnreachedWeightTests : IDisposable
{
    private const string Data = "--data x=@x.npy target=@t.npy";

    private readonly Tool _tool = new();

    public UnreachedWeightTests()
    {
        var graph = Graph(
            Named("/body/MatMul", Node("MatMul", "x body.weight", "h")),
            Named("/body/Tanh", Node("Tanh", "h", "t")),
            Named("/first/MatMul", Node("MatMul", "t first.weight", "y")),
            Named("/second/MatMul", Node("MatMul", "t second.weight", "z"))
        );
        graph.Input[0] = Info("x", 1, "N", 3);
        graph.Output[0] = Info("y", 1, "N", 2);
        graph.Output.Add(Info("z", 1, "N", 2));
        graph.Initializer.Add([
            Weight("body.weight", [3, 2], index => Math.Sin(index + 1)),
            Weight("first.weight", [2, 2], index => Math.Cos(index + 1)),
            Weight("second.weight", [2, 2], index => Math.Sin(2 * index + 1)),
        ]);
        _tool.Save("net.onnx", Model(graph));
        _tool.Npy("x.npy", ElementType.Float32, [2, 3], [.. Enumerable.Range(0, 6).Select(index => Math.Sin(3 * index))]);
        _tool.Npy("t.npy", ElementType.Float32, [2, 2], 1, 0, 0, 1);
    }

    public void Dispose() => _tool.Dispose();

    [Theory]
    [InlineData("y", "first", "second")]
    [InlineData("z", "second", "first")]
    public void A_pattern_stands_for_the_weights_on_which_the_loss_depends(string output, string kept, string left)
    {
        var named = _tool.Run($"run @net.onnx -o @named.npz --wrt body.weight {kept}.weight --loss mse:{output} {Data}");
        Assert.True(named.Code == ExitCodes.Success, named.ToString());
        var all = _tool.Run($"run @net.onnx -o @all.npz --wrt * --loss mse:{output} {Data}");
        Assert.True(all.Code == ExitCodes.Success, all.ToString());
        Assert.Contains(
            $"The loss does not depend on '{left}.weight', so there are no results for it.",
            all.Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("does not depend", named.Output, StringComparison.Ordinal);
        foreach (var result in new[] { "body.weight.hessian_diagonal", $"{kept}.weight.gradient", $"{kept}.weight.hessian_diagonal" })
            Assert.Equal(_tool.Read("named.npz", result), _tool.Read("all.npz", result));
        using var results = NpzReader.Open(_tool["all.npz"]);
        Assert.DoesNotContain(results.Names, name => name.Contains(left, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("verify @net.onnx --wrt *")]
    [InlineData("augment @net.onnx -o @a.onnx --wrt *")]
    [InlineData("importance @net.onnx -o @i.npz --wrt *.weight")]
    [InlineData("run @net.onnx -o @o.npz --wrt /**")]
    public void Every_command_takes_such_a_pattern(string words)
    {
        var run = _tool.Run($"{words} --loss mse:z {(words.StartsWith("augment", StringComparison.Ordinal) ? "" : Data)}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.DoesNotContain("first.weight.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fir*")]
    [InlineData("/first/MatMul")]
    public void A_pattern_of_others_alone_is_refused(string pattern)
    {
        var run = _tool.Run($"run @net.onnx -o @o.npz --wrt {pattern} --loss mse:z {Data}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            $"--wrt '{pattern}' stands for weights on which the loss does not depend, such as 'first.weight'; name others,",
            run.Error,
            StringComparison.Ordinal
        );
    }

    private static NodeProto Named(string name, NodeProto node)
    {
        node.Name = name;
        return node;
    }
}
