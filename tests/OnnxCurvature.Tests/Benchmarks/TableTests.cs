using System.Diagnostics;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Benchmarks;

/// <summary>The benchmarks run, at a size at which they measure nothing.</summary>
[Trait("Category", "Slow")]
public sealed class TableTests
{
    [Fact]
    public async Task The_table_of_small_models_is_written()
    {
        using var folder = new TemporaryFolder();
        var table = folder.File("table.md");
        await Benchmarks(
            "table",
            "--small",
            "--no-peer",
            "--rounds",
            "1",
            "--models",
            folder.File("models"),
            "--out",
            table,
            "--only",
            "headline",
            "product-reused",
            "nodes"
        );
        var lines = await File.ReadAllLinesAsync(table, TestContext.Current.CancellationToken);
        Assert.Equal(5, lines.Count(line => line.Contains("| OnnxCurvature", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("- Processor:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_table_of_bounds_on_memory_tells_what_each_run_took()
    {
        using var tool = new Tool();
        var suite = Directory.CreateDirectory(tool["suite"]).FullName;
        var weight = Weight("head.weight", [4, 3], index => (index % 5 - 2) / 4f);
        var graph = new GraphProto
        {
            Name = "segmenter",
            Input = { Info("input", 1, "N", 4) },
            Output = { Info("logits", 1, "N", 3) },
            Initializer = { weight },
            Node = { Node("MatMul", "input head.weight", "logits") },
        };
        tool.Save(Path.Combine("suite", "segmenter.onnx"), Model(graph));
        tool.Npy(Path.Combine("suite", "segmenter.input.npy"), ElementType.Float32, [2, 4], [1, -2, 0.5, 3, 0, 1, 2, -1]);
        tool.Npy(Path.Combine("suite", "segmenter.labels.npy"), ElementType.Int64, [2], [0, 2]);
        // The networks are taken as made where this file is there.
        await File.WriteAllBytesAsync(Path.Combine(suite, "encoder.direction.npy"), [], TestContext.Current.CancellationToken);
        await Benchmarks("memory", "--models", tool["."], "--out", tool["memory.md"], "--only", "segmenter, head");
        var lines = await File.ReadAllLinesAsync(tool["memory.md"], TestContext.Current.CancellationToken);
        Assert.Matches(@"^\| segmenter, head\.weight \|( [\d.]+ s, \d+ MiB \|){4}$", lines[^1]);
    }

    /// <summary>Runs a command of the program, which must succeed.</summary>
    private static async Task Benchmarks(params string[] arguments)
    {
        // Both projects are built in the same configuration, into folders of the same form.
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests"), AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Benchmarks", output, "OnnxCurvature.Benchmarks.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, said);
    }
}
