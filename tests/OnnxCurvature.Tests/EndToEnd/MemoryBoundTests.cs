using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The bound that --memory sets, held against what a process of its own takes.</summary>
[Trait("Category", "Slow")]
public sealed partial class MemoryBoundTests
{
    private const int Blocks = 6;
    private const int Channels = 32;
    private const int Size = 48;
    private const int Pooled = 128;
    private const int Classes = 300;

    /// <summary>
    /// Every value of a direction takes 288 KiB, and 128 directions are pulled back twice, so that all values of one of the two ways would
    /// take some 450 MiB more than those that are needed at a time.
    /// </summary>
    [Theory, InlineData("320M", 320), InlineData("450M", 450)]
    public async Task A_run_that_pulls_pairs_of_directions_back_keeps_within_the_bound(string memory, double mebibytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.onnx"), Chain().ToByteArray());
        NpyWriter.Write(folder.File("x.npy"), Image());
        NpyWriter.Write(folder.File("labels.npy"), NpyArray.Of(ElementType.Int64, [1], [7]));
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (
            var word in new[]
            {
                Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll"),
                "run",
                folder.File("model.onnx"),
                "-o",
                folder.File("out.npz"),
                "--wrt",
                "w0",
                "--loss",
                "cross-entropy",
                "--quantity",
                "hessian-diagonal",
                "--memory",
                memory,
                "--data",
                $"x={folder.File("x.npy")}",
                $"labels={folder.File("labels.npy")}",
            }
        )
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        var peak = double.Parse(PeakLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(peak <= mebibytes, $"The process took {peak} MiB, and {mebibytes} were allowed.");
    }

    [GeneratedRegex(@"peak memory ([0-9.]+) MiB")]
    private static partial Regex PeakLine();

    /// <summary>An image for it.</summary>
    internal static NpyArray Image() =>
        NpyArray.Of(
            ElementType.Float32,
            [1, Channels, Size, Size],
            [.. Enumerable.Range(0, Channels * Size * Size).Select(i => Math.Sin(i))]
        );

    /// <summary>Convolutions and rectifiers, a mean over all positions, and more classes than channels.</summary>
    internal static ModelProto Chain()
    {
        var graph = new GraphProto
        {
            Name = "chain",
            Input = { Info("x", 1, "N", Channels, Size, Size) },
            Output = { Info("z", 1, "N", Classes) },
        };
        for (var block = 0; block <= Blocks; block++)
        {
            var outputs = block == Blocks ? Pooled : Channels;
            graph.Initializer.Add(Weights($"w{block}", outputs, Channels, 3, 3));
            graph.Node.Add(
                Node(
                    "Conv",
                    $"{(block == 0 ? "x" : $"r{block - 1}")} w{block}",
                    $"c{block}",
                    new AttributeProto
                    {
                        Name = "auto_pad",
                        Type = AttributeProto.Types.AttributeType.String,
                        S = ByteString.CopyFromUtf8("SAME_UPPER"),
                    }
                )
            );
            graph.Node.Add(Node("Relu", $"c{block}", $"r{block}"));
        }
        graph.Initializer.Add(Weights("v", Pooled, Classes));
        graph.Node.Add(Node("GlobalAveragePool", $"r{Blocks}", "pooled"));
        graph.Node.Add(Node("Flatten", "pooled", "flat"));
        graph.Node.Add(Node("MatMul", "flat v", "z"));
        return Model(graph);
    }

    private static TensorProto Weights(string name, params long[] dims)
    {
        var count = (int)dims.Aggregate(1L, (a, b) => a * b);
        var bytes = Enumerable.Range(0, count).SelectMany(index => BitConverter.GetBytes(0.08f * MathF.Sin(index))).ToArray();
        return new TensorProto
        {
            Name = name,
            DataType = 1,
            Dims = { dims },
            RawData = ByteString.CopyFrom(bytes),
        };
    }
}
