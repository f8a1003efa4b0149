using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>No command writes over a file that it reads, by whatever name.</summary>
public sealed class OverwritingTests
{
    private const string Request = "--wrt w --loss sum --data x=@x.npy";

    [Theory]
    [InlineData("run @external.onnx -o @w.bin " + Request)]
    [InlineData("run @linked/external.onnx -o @w.bin " + Request)]
    [InlineData("run @external.onnx -o @linked/w.bin " + Request)]
    [InlineData("run @external.onnx -o @linked/external.onnx " + Request)]
    [InlineData("run @external.onnx -o @linked/x.npy " + Request)]
    [InlineData("run @external.onnx -o @fixed.npy " + Request + " --fix x=@fixed.npy")]
    [InlineData("run @external.onnx -o @out.npz --profile @linked/x.npy " + Request)]
    [InlineData("verify @external.onnx -o @w.bin " + Request)]
    [InlineData("augment @external.onnx -o @w.bin --wrt w --loss sum")]
    [InlineData("augment @external.onnx -o @linked/external.onnx --wrt w --loss sum")]
    // Files that are written are not each other either.
    [InlineData("run @external.onnx -o @out.npz --checkpoint @out.npz " + Request)]
    [InlineData("run @external.onnx -o @out.npz --checkpoint @kept --profile @kept " + Request)]
    [InlineData("run @external.onnx -o @out.npz --profile @report --json @report " + Request)]
    public void Output_that_is_an_input_is_refused_and_all_files_stay(string words)
    {
        using var tool = new Tool();
        Directory.CreateSymbolicLink(tool["linked"], Path.GetDirectoryName(tool["x.npy"])!);
        tool.Npy("fixed.npy", ElementType.Float32, [4, 3], new double[12]);
        File.WriteAllBytes(tool["w.bin"], new byte[12]);
        tool.Save(
            "external.onnx",
            Model(Graph(Node("Mul", "x w", "y"))).Also(model => model.Graph.Initializer.Add(External("w", "w.bin", 3)))
        );
        var before = tool.Files.ToDictionary(name => name, name => File.ReadAllBytes(tool[name]));

        var run = tool.Run(words);

        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("would overwrite", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, tool.Files.ToDictionary(name => name, name => File.ReadAllBytes(tool[name])));
    }
}
