using System.Text.Json;
using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary><c>run --profile</c>: the time of every node of every session, in one trace.</summary>
public sealed class ProfileTests
{
    private const string Request = "run @net.onnx -o @out.npz --wrt w --loss mse --quantity hessian-diagonal --data x=@x.npy target=@y.npy";

    [Fact]
    public void A_trace_holds_the_nodes_of_all_sessions()
    {
        using var tool = Net();

        Assert.Equal(ExitCodes.Success, tool.Run(Request + " --profile @trace.json").Code);

        using var trace = JsonDocument.Parse(File.ReadAllBytes(tool["trace.json"]));
        JsonElement[] events = [.. trace.RootElement.EnumerateArray()];
        var named = events.Where(entry => entry.GetProperty("name").GetString() == "process_name").Select(Process).ToArray();
        Assert.Equal(Enumerable.Range(1, named.Length), named);
        var nodes = events.Where(entry => entry.TryGetProperty("cat", out var category) && category.GetString() == "Node").ToArray();
        Assert.All(nodes, node => Assert.Contains(Process(node), named), throwIfEmpty: true);
        Assert.Contains(
            nodes,
            node => node.GetProperty("args").TryGetProperty("op_name", out var operation) && operation.GetString() == "Tanh"
        );
        Assert.All(nodes, node => Assert.True(node.GetProperty("dur").GetInt64() >= 0), throwIfEmpty: true);
        Assert.Contains(nodes, node => node.GetProperty("dur").GetInt64() > 0);

        static int Process(JsonElement entry) => entry.GetProperty("pid").GetInt32();
    }

    [Fact]
    public void A_profile_that_cannot_be_written_is_refused_before_the_run()
    {
        using var tool = Net();

        var run = tool.Run(Request + " --profile @missing/trace.json");

        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.DoesNotContain("out.npz", tool.Files);
    }

    private static Tool Net()
    {
        var tool = new Tool();
        tool.Npy("x.npy", ElementType.Float32, [4, 3], [.. Enumerable.Range(0, 12).Select(entry => 0.1 * entry)]);
        tool.Npy("y.npy", ElementType.Float32, [4, 3], new double[12]);
        tool.Save(
            "net.onnx",
            Model(Graph(Node("Mul", "x w", "u"), Node("Tanh", "u", "y")))
                .Also(model => model.Graph.Initializer.Add(Weight("w", [3], entry => entry + 1)))
        );
        return tool;
    }
}
