using System.Diagnostics;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Faults;

/// <summary>
/// Processes that may take little memory, by limits of the system and of .NET: each does its work or ends with one sentence, and leaves
/// the old file or a new one. Below the smallest of these limits .NET itself does not start.
/// </summary>
[Trait("Category", "Slow")]
public sealed class LittleMemoryTests : IDisposable
{
    private const string Network = "vgg16_narrow.onnx --wrt * --loss cross-entropy";
    private const string Data = "--data image=vgg16_narrow.image.npy labels=vgg16_narrow.labels.npy --threads 1";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("export DOTNET_GCHeapHardLimit=0x1000000")]
    [InlineData("export DOTNET_GCHeapHardLimit=0x8000000")]
    [InlineData("export DOTNET_GCHeapHardLimit=0x9000000")]
    [InlineData("ulimit -v 3400000")]
    [InlineData("ulimit -v 3500000")]
    [InlineData("ulimit -v 3700000")]
    [InlineData("ulimit -d 200000")]
    [InlineData("ulimit -d 800000")]
    [InlineData("ulimit -d 1000000")]
    public async Task A_process_with_little_memory_does_its_work_or_says_one_sentence(string limit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits are set by a shell of Linux.");
        foreach (
            var (command, name) in new[]
            {
                ($"run {Network} {Data} -o", "o.npz"),
                ($"run {Network} {Data} --batch-size 1 --checkpoint '{_folder.File("kept")}' --checkpoint-every 0s -o", "c.npz"),
                ($"augment {Network} -o", "a.onnx"),
            }
        )
        {
            var path = _folder.Holding(name, "old"u8.ToArray());
            var (code, error) = await Run($"{limit}; set -f; exec {Tool} {command} '{path}'");
            var sentences = error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !IsProgress(line)).ToArray();
            Assert.True(code is ExitCodes.Success or ExitCodes.UserError, $"{code}: {error}");
            Assert.True(code == ExitCodes.Success ? sentences.Length == 0 : sentences is [['e', 'r', 'r', 'o', 'r', ':', ..]], error);
            if (code == ExitCodes.UserError)
                Assert.Equal("old"u8.ToArray(), File.ReadAllBytes(path));
            else if (name.EndsWith(".npz", StringComparison.Ordinal))
                using (var written = NpzReader.Open(path))
                    Assert.NotEmpty(written.Names);
            Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => file.EndsWith(".partial", StringComparison.Ordinal));
        }
    }

    private static string Tool => $"dotnet '{Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll")}'";

    private static bool IsProgress(string line) =>
        line.StartsWith("run: ", StringComparison.Ordinal) || line.StartsWith("augment: ", StringComparison.Ordinal);

    private static async Task<(int Code, string Error)> Run(string script)
    {
        using var process = Process.Start(
            new ProcessStartInfo("/bin/bash", ["-c", script])
            {
                WorkingDirectory = Path.Combine(Repository.Root, "testmodels"),
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }
}
