using System.Diagnostics;
using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The process as a shell sees it: exit codes of full disks, of readers that go away, and of signals.</summary>
[Trait("Category", "Slow")]
public sealed class ExitCodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static string Models => Path.Combine(Repository.Root, "testmodels");

    private static string Tool => $"dotnet '{Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll")}'";

    [Theory]
    [InlineData("TOOL inspect mlp.onnx > /dev/full", ExitCodes.UserError)]
    [InlineData("TOOL inspect mlp.onnx --json - > /dev/full", ExitCodes.UserError)]
    [InlineData("TOOL --help > /dev/full", ExitCodes.UserError)]
    [InlineData("TOOL inspect nothing.onnx 2> /dev/full", ExitCodes.UserError)]
    [InlineData("cd $(mktemp -d); rmdir $PWD; TOOL inspect nothing.onnx", ExitCodes.UserError)]
    [InlineData("cd $(mktemp -d); rmdir $PWD; TOOL run x.onnx -o y.npz --loss mse --wrt w --data a=b.npy", ExitCodes.UserError)]
    [InlineData("set -o pipefail; TOOL inspect mlp.onnx | head -c 1", ExitCodes.Success)]
    [InlineData("set -o pipefail; TOOL inspect mlp.onnx --verbose 2>&1 > /dev/null | head -c 1", ExitCodes.Success)]
    public async Task A_command_ends_with_its_code_whatever_becomes_of_its_output(string script, int code)
    {
        Assert.SkipUnless(File.Exists("/dev/full") && File.Exists("/bin/bash"), "Only Linux has a device that is always full.");
        using var process = Start(script.Replace("TOOL", Tool, StringComparison.Ordinal));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(code, process.ExitCode);
    }

    [Theory]
    [InlineData("TERM", ExitCodes.Terminated)]
    [InlineData("INT", ExitCodes.Interrupted)]
    public async Task A_signal_ends_a_run_with_its_code_and_leaves_no_file(string signal, int code)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "Signals are sent by a shell.");
        using var folder = new TemporaryFolder();
        var data = "--data image=vgg16_narrow.image.npy labels=vgg16_narrow.labels.npy";
        using var process = Start(
            $"exec {Tool} run vgg16_narrow.onnx -o '{folder.File("out.npz")}' --wrt '*' --loss cross-entropy {data} --threads 1 --verbose"
        );
        // The first line comes once signals are handled.
        Assert.NotNull(await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));
        using (var kill = Process.Start("/bin/bash", ["-c", $"kill -{signal} {process.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(code, process.ExitCode);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    /// <summary>A pipe gives nothing as long as nobody writes to it; the command says so, and answers a signal.</summary>
    [Theory]
    [InlineData("run mlp.onnx -o OUT --wrt '*' --loss cross-entropy --data features=PIPE labels=mlp.labels.npy", "PIPE", "TERM")]
    [InlineData("run mlp.onnx -o OUT --wrt '*' --loss cross-entropy --data features=PIPE labels=mlp.labels.npy", "PIPE", "INT")]
    [InlineData("run mlp.onnx -o OUT --wrt '*' --loss cross-entropy --data features=/dev/stdin", "/dev/stdin", "INT")]
    [InlineData("analyze mlp.onnx -o OUT --loss cross-entropy --class-weights PIPE --data labels=mlp.labels.npy", "PIPE", "INT")]
    [InlineData("inspect mlp.onnx --fix features=PIPE", "PIPE", "INT")]
    [InlineData("inspect @PIPE", null, "INT")]
    public async Task A_signal_ends_a_command_that_waits_for_a_pipe(string arguments, string? waitsFor, string signal)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "Signals are sent by a shell.");
        using var folder = new TemporaryFolder();
        var pipe = folder.File("pipe");
        string Named(string text) =>
            text.Replace("PIPE", pipe, StringComparison.Ordinal).Replace("OUT", folder.File("out.npz"), StringComparison.Ordinal);
        using var process = Start($"mkfifo '{pipe}'; exec {Tool} {Named(arguments)}");
        if (waitsFor is null)
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        else
            // A file that is read before may have a line of its own.
            for (var line = ""; !line.Contains($"reading '{Named(waitsFor)}'", StringComparison.Ordinal); )
            {
                var next = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.True(next is not null, $"It ended after: {line}");
                line = next;
            }
        using (var kill = Process.Start("/bin/bash", ["-c", $"kill -{signal} {process.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("interrupted; nothing was written.", said.TrimEnd().Split('\n')[^1]);
        Assert.Equal(signal == "TERM" ? ExitCodes.Terminated : ExitCodes.Interrupted, process.ExitCode);
        Assert.Equal([pipe], Directory.GetFiles(folder.Path));
    }

    private static Process Start(string script) =>
        Process.Start(
            new ProcessStartInfo("/bin/bash", ["-c", script])
            {
                WorkingDirectory = Models,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
}
