using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>What the command says of the place of weights is where they lie, and the file runs by each of its names.</summary>
public sealed partial class WeightPlaceTests : IDisposable
{
    private const int Inputs = 600;

    private readonly Tool _tool = new();

    public WeightPlaceTests()
    {
        Directory.CreateDirectory(_tool["elsewhere"]);
        float[] entries = [.. Enumerable.Range(0, Inputs * 2).Select(index => MathF.Sin(index))];
        File.WriteAllBytes(_tool["numbers.bin"], MemoryMarshal.AsBytes(entries.AsSpan()).ToArray());
        _tool.Save("model.onnx", Model(Net(Weight("w", [Inputs, 2], index => entries[index]))));
        _tool.Save("split.onnx", Model(Net(Split())));
        _tool.Npy("x.npy", ElementType.Float32, [3, Inputs], [.. Enumerable.Range(0, 3 * Inputs).Select(index => Math.Cos(index))]);

        static TensorProto Split()
        {
            var split = External("w", "numbers.bin", 0);
            split.Dims.Clear();
            split.Dims.AddRange([Inputs, 2]);
            return split;
        }
    }

    public void Dispose() => _tool.Dispose();

    [Theory]
    [InlineData("model.onnx", "a.onnx", "model.onnx")]
    [InlineData("split.onnx", "a.onnx", "numbers.bin")]
    [InlineData("model.onnx", "elsewhere/a.onnx", null)]
    [InlineData("split.onnx", "elsewhere/a.onnx", null)]
    public void The_files_that_the_command_names_are_there(string model, string output, string? expected)
    {
        var run = _tool.Run($"augment @{model} -o @{output} --wrt w --loss sum");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        var sentence = run.Output.Split('\n').Single(line => line.StartsWith("  - Weights ", StringComparison.Ordinal));
        var name = Assert.Single(Quoted().Matches(sentence)).Groups[1].Value;
        Assert.Equal(expected ?? name, name);
        var file = new FileInfo(Path.Combine(Path.GetDirectoryName(_tool[output])!, name));
        Assert.True(file.Exists, sentence);
        Assert.True(file.Length >= Inputs * 2 * sizeof(float), sentence);
    }

    [Fact]
    public void A_link_to_another_folder_runs_by_its_name_and_by_that_of_its_file()
    {
        File.CreateSymbolicLink(_tool["link.onnx"], _tool["elsewhere/real.onnx"]);
        var written = _tool.Run("augment @model.onnx -o @link.onnx --wrt w --loss sum");
        Assert.Contains("Weights are inside the file.", written.Output, StringComparison.Ordinal);
        foreach (var name in new[] { "link.onnx", "elsewhere/real.onnx" })
        {
            var run = _tool.Run($"run @{name} -o @o.npz --data x=@x.npy");
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
        }
    }

    private static GraphProto Net(TensorProto weight)
    {
        var graph = Graph(Node("MatMul", "x w", "z"), Node("Sigmoid", "z", "y"));
        graph.Input[0] = Info("x", 1, "N", Inputs);
        graph.Output[0] = Info("y", 1, "N", 2);
        graph.Initializer.Add(weight);
        return graph;
    }

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();
}
