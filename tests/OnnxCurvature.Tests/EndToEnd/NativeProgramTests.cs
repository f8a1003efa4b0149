using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// The tool as it is packed and installed where there is a C compiler: a native program, from which the compiler has left out what it takes
/// to be unused, against the tool as it is built.
/// </summary>
[Trait("Category", "Slow")]
public sealed class NativeProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    [Fact]
    public void It_does_what_the_tool_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux's C toolchain is looked for.");
        Assert.SkipUnless(
            IsInstalled("clang") || IsInstalled("gcc"),
            "A native program takes a C toolchain, and there is neither clang nor gcc."
        );
        using var folder = new TemporaryFolder();
        var platform = $"linux-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        // Folders of its own: the tests run while the solution's are in use.
        var packed = Start(
            "dotnet",
            [
                "pack",
                Path.Combine(Repository.Root, "src", "OnnxCurvature.Cli"),
                "-c",
                "Release",
                "-p:ByPlatform=true",
                $"-p:ToolPlatforms={platform}%3Bany",
                // The build of the tests has analyzed the code.
                "-p:RunAnalyzers=false",
                "--artifacts-path",
                folder.File("artifacts"),
                "-o",
                folder.File("packages"),
                "--disable-build-servers",
            ],
            folder.Path
        );
        Assert.SkipWhen(
            packed.Output.Contains("error NU1", StringComparison.Ordinal),
            "The package of .NET's native compiler cannot be had."
        );
        Assert.True(packed.Code == 0, packed.ToString());
        Assert.Equal(
            ["OnnxCurvature.Cli.0.1.0.nupkg", "OnnxCurvature.Cli.any.0.1.0.nupkg", $"OnnxCurvature.Cli.{platform}.0.1.0.nupkg"],
            Directory.GetFiles(folder.File("packages")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        using (var any = ZipFile.OpenRead(folder.File("packages/OnnxCurvature.Cli.any.0.1.0.nupkg")))
        {
            var files = any.Entries.Select(entry => entry.FullName).ToArray();
            Assert.Contains("tools/net10.0/any/runtimes/win-x64/native/onnxruntime.dll", files);
            Assert.DoesNotContain(files, file => file.EndsWith(".lib", StringComparison.Ordinal) || file.Contains("/android/"));
        }
        var installed = Start(
            "dotnet",
            ["tool", "install", "OnnxCurvature.Cli", "--tool-path", folder.File("tools"), "--source", folder.File("packages")],
            folder.Path
        );
        Assert.True(installed.Code == 0, installed.ToString());
        var program = folder.File("tools/onnx-curvature");

        using var tool = new Tool();
        tool.Npy("target.npy", ElementType.Float32, [4, 2], [.. Enumerable.Range(0, 8).Select(i => Math.Cos(i))]);
        var data = "--data x=@x.npy labels=@labels.npy";
        foreach (
            var (words, file) in new[]
            {
                ("--help", ""),
                ("run --help", ""),
                ("inspect @model.onnx", ""),
                ("inspect @model.onnx --json", ""),
                ("run @missing.onnx -o @out.npz --wrt w --loss cross-entropy", ""),
                ("run @model.onnx -o @out.npz --wrt nothing --loss cross-entropy --data x=@x.npy", ""),
                (
                    "augment @model.onnx -o @out.onnx --wrt w v --loss cross-entropy --quantity gradient,hessian-diagonal,ggn-diagonal",
                    "out.onnx"
                ),
                (
                    $"run @model.onnx -o @out.npz --wrt w v --loss cross-entropy --quantity "
                        + $"loss,gradient,hessian-diagonal,jacobian,hessian {data}",
                    "out.npz"
                ),
                ($"run @model.onnx -o @out.npz --wrt w --loss mse:p --precision float64 --data x=@x.npy target=@target.npy", "out.npz"),
                ($"run @model.onnx -o @out.npz --wrt w --loss cross-entropy --method hutchinson --seed 3 {data}", "out.npz"),
                ($"verify @model.onnx --wrt w --loss cross-entropy {data}", ""),
            }
        )
        {
            var expected = tool.Run(words);
            var made = file.Length == 0 ? null : Taken(tool[file]);
            var native = Start(
                program,
                [
                    .. words
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                        .Select(word => word.Replace("@", Path.GetDirectoryName(tool["x"]) + "/", StringComparison.Ordinal)),
                ],
                folder.Path
            );
            Assert.Equal(expected.Code, native.Code);
            Assert.Equal(WithoutFigures(expected.Error), WithoutFigures(native.Error));
            Assert.Equal(WithoutFigures(expected.Output), WithoutFigures(native.Output));
            Assert.Equal(made, file.Length == 0 ? null : Taken(tool[file]));
        }
    }

    /// <summary>
    /// Digests of a file, or of the members of an archive but for what that says of its run, which holds times. The file is then gone.
    /// </summary>
    private static string[] Taken(string path)
    {
        string[] digests;
        if (Path.GetExtension(path) != ".npz")
            digests = [Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))];
        else
        {
            using var archive = ZipFile.OpenRead(path);
            digests = [.. archive.Entries.Where(entry => entry.FullName != "about.json").Select(Digest)];
        }
        File.Delete(path);
        return digests;
    }

    private static string Digest(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        return $"{entry.FullName} {Convert.ToHexStringLower(SHA256.HashData(stream))}";
    }

    /// <summary>Lines without those that give times and memory, or how far a check is.</summary>
    private static string WithoutFigures(string text) =>
        string.Join(
            '\n',
            text.ReplaceLineEndings("\n")
                .Split('\n')
                .Where(line =>
                    !line.Contains("peak memory", StringComparison.Ordinal)
                    && !line.Contains("planned:", StringComparison.Ordinal)
                    && !line.EndsWith(" elapsed", StringComparison.Ordinal)
                    && !line.EndsWith(" left", StringComparison.Ordinal)
                    && !line.Contains(" % ", StringComparison.Ordinal)
                    && !line.Contains(" %,", StringComparison.Ordinal)
                )
        );

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static ToolRun Start(string program, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // The variables that the runner of the tests sets for its own build do not belong to this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return new ToolRun(process.ExitCode, output.Result, error.Result);
    }
}
