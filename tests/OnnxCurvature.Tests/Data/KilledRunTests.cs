using System.Diagnostics;
using OnnxCurvature.Cli;
using OnnxCurvature.Tests.EndToEnd;
using Xunit;
using static OnnxCurvature.Tests.Data.ResumedRunTests;

namespace OnnxCurvature.Tests.Data;

/// <summary>The tool as a process that signals end, against the bits of a run that ends by itself.</summary>
[Trait("Category", "Slow")]
public sealed class KilledRunTests
{
    /// <summary>The tool as a process, which SIGKILL ends at random moments.</summary>
    [Fact]
    public void A_process_that_is_killed_twenty_times_and_resumed_gives_the_bits_of_one_that_is_not()
    {
        using var tool = Prepared(40);
        const string Words = "--wrt w v --loss cross-entropy --batch-size 1 --data";
        Succeed(tool, $"run @model.onnx -o @whole.npz {Words} x=@x labels=@labels.npy");
        var (random, kills) = (new Random(3), 0);
        while (true)
        {
            using var process = Start(tool, $"{Words} x={tool["x"]} labels={tool["labels.npy"]}");
            if (kills < 20 && IsKilled(process, tool["o.npz.partial"], random))
            {
                kills++;
                continue;
            }
            process.WaitForExit();
            Assert.Equal(ExitCodes.Success, process.ExitCode);
            break;
        }
        TestContext.Current.SendDiagnosticMessage($"killed {kills} times");
        Assert.Equal(20, kills);
        AssertSame(tool["whole.npz"], tool["o.npz"]);
    }

    [Theory]
    [InlineData("INT", ExitCodes.Interrupted)]
    [InlineData("TERM", ExitCodes.Terminated)]
    public void A_signal_writes_a_checkpoint_and_says_how_to_go_on(string signal, int code)
    {
        using var tool = Prepared(2);
        var words = $"--wrt w v --loss cross-entropy --batch-size 1 --data x={tool["x"]} labels={tool["labels.npy"]}";
        using var process = Start(tool, words);
        WaitForChange(tool["o.npz.partial"], process, 1);
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            kill.WaitForExit();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(code, process.ExitCode);
        Assert.Matches(
            @"(?m)^interrupted; '.*o\.npz\.partial' keeps \d+ of 203 batches; give the same command with --resume to go on\.",
            error
        );
        Assert.True(File.Exists(tool["o.npz.partial"]));
    }

    private static bool IsKilled(Process process, string checkpoint, Random random)
    {
        if (!WaitForChange(checkpoint, process, random.Next(1, 4)))
            return false;
        Thread.Sleep(random.Next(0, 5));
        process.Kill();
        process.WaitForExit();
        return true;
    }

    /// <summary>Waits until a checkpoint was written so many times; false where the process ends before.</summary>
    private static bool WaitForChange(string checkpoint, Process process, int times)
    {
        var last = File.Exists(checkpoint) ? File.GetLastWriteTimeUtc(checkpoint) : DateTime.MinValue;
        while (times > 0)
        {
            if (process.HasExited)
                return false;
            var now = File.Exists(checkpoint) ? File.GetLastWriteTimeUtc(checkpoint) : DateTime.MinValue;
            if (now != last)
                (last, times) = (now, times - 1);
            Thread.Sleep(1);
        }
        return true;
    }

    private static Process Start(Tool tool, string words) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll"),
                    "run",
                    tool["model.onnx"],
                    "-o",
                    tool["o.npz"],
                    "--resume",
                    "--checkpoint-every",
                    "0s",
                    .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ]
            )
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
}
