using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>ONNX Runtime's builds keep and send events, unless they are told otherwise before they start.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public void Nothing_is_kept_for_telemetry()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ONNX Runtime keeps its events elsewhere on other systems.");
        using var tool = new Tool();
        using var home = new TemporaryFolder();
        // CI and the other variables would switch it off by themselves.
        string[] unset = ["CI", "TF_BUILD", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"];
        var (code, _, errors) = Runtimes.Programs.Run(
            "env",
            [
                .. unset.SelectMany(name => (string[])["-u", name]),
                $"TMPDIR={home.Path}",
                "dotnet",
                Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll"),
                "run",
                tool["model.onnx"],
                "-o",
                tool["o.npz"],
                "--wrt",
                "w",
                "--loss",
                "cross-entropy",
                "--data",
                $"x={tool["x.npy"]}",
                $"labels={tool["labels.npy"]}",
            ],
            TimeSpan.FromMinutes(2),
            environment: ("HOME", home.Path)
        );
        Assert.True(code == ExitCodes.Success, errors);
        // Names that begin with a dot count as hidden, and are looked at, too.
        var kept = Directory
            .EnumerateFiles(home.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => Path.GetRelativePath(home.Path, path))
            .Where(path => path.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase) || Path.GetFileName(path) == ".ses");
        Assert.Empty(kept);
    }
}
