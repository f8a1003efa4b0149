using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Weights whose names an exporter made up are found by the nodes that use them, and by the names that they had.</summary>
public sealed class NodeNameTests : IDisposable
{
    private readonly Tool _tool = new();

    public NodeNameTests()
    {
        var graph = Graph(
            Named("/layer1/layer1.0/conv1/Conv", Node("Conv", "x onnx::Conv_7 onnx::Conv_8", "h")),
            Named("/layer1/layer1.0/act/Relu", Node("Relu", "h", "a")),
            Named("/layer1/layer1.1/conv1/Conv", Node("Conv", "a onnx::Conv_9", "y"))
        );
        graph.Input[0] = Info("x", 1, 1, 2, 3);
        graph.Output[0] = Info("y", 1, 1, 2, 3);
        graph.Initializer.Add([
            Weight("onnx::Conv_7", [2, 2, 1], index => Math.Sin(index + 1)),
            Weight("onnx::Conv_8", [2], index => 0.5 + index),
            Weight("onnx::Conv_9", [2, 2, 1], index => Math.Cos(index + 1)),
        ]);
        _tool.Save("net.onnx", Model(graph));
        _tool.Npy("x.npy", ElementType.Float32, [2, 2, 3], [.. Enumerable.Range(0, 12).Select(index => Math.Sin(3 * index))]);
    }

    public void Dispose() => _tool.Dispose();

    [Theory]
    [InlineData("/layer1/layer1.0/conv1/Conv", "onnx::Conv_7 onnx::Conv_8")]
    [InlineData("/layer1/**/Conv", "onnx::Conv_7 onnx::Conv_8 onnx::Conv_9")]
    [InlineData("/layer1/layer1.1/*", "onnx::Conv_9")]
    [InlineData("/layer1/layer1.1/conv1/Conv[1]", "onnx::Conv_9[1]")]
    public void A_node_stands_for_its_weights(string target, string weights)
    {
        var run = _tool.Run($"run @net.onnx -o @o.npz --wrt {target} --loss sum --quantity gradient --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        foreach (var weight in weights.Split(' '))
            Assert.NotEmpty(_tool.Read("o.npz", $"{weight}.gradient"));
        Assert.Contains("/layer1/layer1.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layer1.0.conv1.weight", "onnx::Conv_7")]
    [InlineData("layer1.0.conv1.bias", "onnx::Conv_8")]
    [InlineData("layer1.1.conv1.weight", "onnx::Conv_9")]
    public void A_name_of_the_network_leads_to_the_weight_that_became_of_it(string name, string weight)
    {
        var run = _tool.Run($"run @net.onnx -o @o.npz --wrt {name} --loss sum --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains($"the exporter made the weight '{weight}' of it", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layer1.1.conv1.bias")]
    [InlineData("layer1.0.act.weight")]
    [InlineData("layer2.0.conv1.weight")]
    public void A_name_that_nothing_became_of_is_refused_with_the_nearest_names(string name)
    {
        var run = _tool.Run($"run @net.onnx -o @o.npz --wrt {name} --loss sum --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("names nothing in the model; the nearest are", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layer1.0.bn1.weight", "'onnx::Conv_7' of the node '/layer1/layer1.0/conv1/Conv'")]
    [InlineData("layer1.0.conv1", "'onnx::Conv_7' of the node '/layer1/layer1.0/conv1/Conv', 'onnx::Conv_8' of the node")]
    [InlineData("conv1.weight", "'onnx::Conv_7' of the node '/layer1/layer1.0/conv1/Conv', 'onnx::Conv_8' of the node")]
    [InlineData("layer1.0.gone", "'onnx::Conv_7' of the node '/layer1/layer1.0/conv1/Conv', 'onnx::Conv_8' of the node")]
    public void A_name_of_which_several_weights_may_have_come_leads_to_their_nodes(string name, string weights)
    {
        var run = _tool.Run($"run @net.onnx -o @o.npz --wrt {name} --loss sum --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains($"the nearest are {weights}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_kept_its_name_came_of_no_other()
    {
        var graph = Graph(Named("/attention/Gemm", Node("Gemm", "x attention.out.weight", "y")));
        graph.Input[0] = Info("x", 1, 1, 2);
        graph.Output[0] = Info("y", 1, 1, 2);
        graph.Initializer.Add(Weight("attention.out.weight", [2, 2], index => Math.Sin(index + 1)));
        _tool.Save("kept.onnx", Model(graph));
        var run = _tool.Run("augment @kept.onnx -o @o.onnx --wrt attention.in.weight --loss sum");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("names nothing in the model; the nearest are 'attention.out.weight'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_weights_is_refused_as_such()
    {
        var run = _tool.Run("run @net.onnx -o @o.npz --wrt /layer1/layer1.0/act/Relu --loss sum --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("names a node that uses no weight", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_shows_the_nodes_of_weights()
    {
        var run = _tool.Run("inspect @net.onnx");
        Assert.Matches(@"onnx::Conv_7 +/layer1/layer1\.0/conv1/Conv ", run.Output);
    }

    [Fact]
    public void A_fixed_batch_that_is_smaller_than_the_one_asked_for_is_reported()
    {
        var run = _tool.Run("run @net.onnx -o @o.npz --wrt onnx::Conv_9 --loss sum --reduction sum --data x=@x.npy --batch-size 32");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("The model takes batches of 1 sample, whatever --batch-size asks for", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_of_an_augmented_model_says_what_it_is_and_offers_no_weights()
    {
        Assert.Equal(0, _tool.Run("augment @net.onnx -o @a.onnx --wrt /layer1/**/Conv --loss sum").Code);
        var run = _tool.Run("inspect @a.onnx");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("Augmented model\n  made of 'net.onnx' by version", run.Output, StringComparison.Ordinal);
        Assert.Contains("profile single-run", run.Output, StringComparison.Ordinal);
        Assert.Contains("loss sum, reduction mean", run.Output, StringComparison.Ordinal);
        Assert.Contains("Derivatives by: onnx::Conv_7, onnx::Conv_8, onnx::Conv_9", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Weights (", run.Output, StringComparison.Ordinal);
    }

    private static NodeProto Named(string name, NodeProto node)
    {
        node.Name = name;
        return node;
    }
}
