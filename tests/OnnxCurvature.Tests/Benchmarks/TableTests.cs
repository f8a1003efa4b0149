using System.Diagnostics;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using Xunit;

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
        // Both projects are built in the same configuration, into folders of the same form.
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests"), AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Benchmarks", output, "OnnxCurvature.Benchmarks.dll");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                program,
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
                "nodes",
            ]
        )
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, said);
        var lines = await File.ReadAllLinesAsync(table, TestContext.Current.CancellationToken);
        Assert.Equal(5, lines.Count(line => line.Contains("| OnnxCurvature", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("- Processor:", StringComparison.Ordinal));
    }
}
