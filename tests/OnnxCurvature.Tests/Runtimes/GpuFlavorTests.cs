using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>
/// The tool with ONNX Runtime's package for CUDA, as users build it: it restores, starts, and without a card says what is missing.
/// </summary>
[Trait("Category", "Slow")]
public sealed class GpuFlavorTests
{
    [Fact]
    public void The_tool_for_CUDA_is_published_for_one_system_and_says_what_it_lacks_without_a_card()
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "The package for CUDA is published for Linux here.");
        using var folder = new TemporaryFolder();
        // Nothing lands in the folders of this build, whose packages differ.
        var published = Programs.Run(
            "dotnet",
            [
                "publish",
                Path.Combine(Repository.Root, "src", "OnnxCurvature.Cli"),
                "-c",
                "Release",
                "-r",
                "linux-x64",
                "--self-contained",
                "false",
                "-p:OnnxRuntimeFlavor=gpu",
                "-p:RunAnalyzers=false",
                "--artifacts-path",
                folder.File("artifacts"),
                "-o",
                folder.File("tool"),
                "-nologo",
            ],
            TimeSpan.FromMinutes(10)
        );
        var text = published.Output + published.Errors;
        Assert.SkipWhen(text.Contains("error NU1301", StringComparison.Ordinal), "The package for CUDA cannot be had from NuGet here.");
        Assert.True(published.Code == 0, text);
        var files = Directory.EnumerateFiles(folder.File("tool"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).ToArray();
        Assert.Contains("libonnxruntime_providers_cuda.so", files);
        // Libraries of Windows would take 200 MB more.
        Assert.DoesNotContain(files, file => file!.StartsWith("onnxruntime", StringComparison.Ordinal));

        var started = Tool(folder, "--version");
        Assert.True(started.Code == ExitCodes.Success, started.Errors);
        var run = Run(folder, "cuda");
        Assert.SkipWhen(run.Code == ExitCodes.Success, "There is a card here, so nothing is missing.");
        Assert.Equal(ExitCodes.UserError, run.Code);
        // A slow start writes a line of progress first.
        Assert.Matches("(?m)^error: CUDA cannot be had: (.+; install .+\\.|.*there is no CUDA device)", run.Errors);
        var automatic = Run(folder, "auto");
        Assert.True(automatic.Code == ExitCodes.Success, automatic.Errors);
        Assert.Contains("Everything is computed on the CPU. CUDA cannot be had: ", automatic.Output, StringComparison.Ordinal);
    }

    private static (int? Code, string Output, string Errors) Run(TemporaryFolder folder, string provider)
    {
        string Model(string name) => Path.Combine(Repository.Root, "testmodels", name);
        return Tool(
            folder,
            "run",
            Model("mlp.onnx"),
            "-o",
            folder.File($"{provider}.npz"),
            "--wrt",
            "fc1.weight",
            "--loss",
            "cross-entropy",
            "--data",
            $"features={Model("mlp.features.npy")}",
            $"labels={Model("mlp.labels.npy")}",
            "--provider",
            provider
        );
    }

    private static (int? Code, string Output, string Errors) Tool(TemporaryFolder folder, params string[] arguments) =>
        Programs.Run("dotnet", [folder.File(Path.Combine("tool", "onnx-curvature.dll")), .. arguments], TimeSpan.FromMinutes(2));
}
