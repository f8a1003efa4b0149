using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>The samples in several languages run an augmented file, and print the norms that PyTorch's results have.</summary>
[Trait("Category", "Slow")]
public sealed partial class SampleTests : IDisposable
{
    private static readonly string Samples = Path.Combine(Repository.Root, "src", "samples");

    private readonly TemporaryFolder _folder = new();
    private readonly ReferenceCase _case = ReferenceTable.Find("mlp.onnx", "fc1.weight");

    [Fact]
    public void The_sample_in_Node_gives_the_references()
    {
        Assert.SkipWhen(NodePackages.Folder is null, NodePackages.Reason);
        Check(
            Programs.Run(
                "node",
                [Path.Combine(Samples, "node", "run.mjs"), .. Arguments()],
                TimeSpan.FromMinutes(1),
                environment: ("ONNXRUNTIME_PACKAGES", Path.Combine(NodePackages.Folder!, "package.json"))
            )
        );
    }

    [Fact]
    public void The_sample_in_CSharp_gives_the_references()
    {
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests"), AppContext.BaseDirectory);
        Check(Programs.Run("dotnet", [Path.Combine(Samples, "csharp", output, "Run.dll"), .. Arguments()], TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void The_sample_in_C_gives_the_references()
    {
        Assert.SkipWhen(!Programs.Exists("cc"), "No C compiler is installed; Debian's package gcc has one.");
        Assert.SkipWhen(OrtLibrary.Headers is null, "The headers of ONNX Runtime are not where NuGet puts packages.");
        File.CreateSymbolicLink(_folder.File("libonnxruntime.so.1"), OrtLibrary.Native);
        var built = Programs.Run(
            "cc",
            [
                "-std=c11",
                Path.Combine(Samples, "c", "run.c"),
                $"-I{OrtLibrary.Headers}",
                OrtLibrary.Native,
                $"-Wl,-rpath,{_folder.Path}",
                "-lm",
                "-o",
                _folder.File("run"),
            ],
            TimeSpan.FromMinutes(2)
        );
        Assert.True(built.Code == 0, built.Errors);
        Check(Programs.Run(_folder.File("run"), Arguments(), TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void The_sample_in_Python_gives_the_references()
    {
        var (found, _, _) = Programs.Run("python3", ["-c", "import onnxruntime"], TimeSpan.FromMinutes(1));
        Assert.SkipWhen(found != 0, "Python has no ONNX Runtime here.");
        Check(Programs.Run("python3", [Path.Combine(Samples, "python", "run.py"), .. Arguments()], TimeSpan.FromMinutes(1)));
    }

    public void Dispose() => _folder.Dispose();

    private string[] Arguments()
    {
        var path = _folder.File("curvature.onnx");
        var run = ToolRun.Of(
            new CurvatureService(),
            ["augment", _case.ModelPath, "-o", path, "--wrt", _case.Weight, "--loss", "cross-entropy", "--only", "--embed"]
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        return [path, .. _case.DataPaths.Select(entry => $"{entry.Key}={entry.Value}")];
    }

    private void Check((int? Code, string Output, string Errors) run)
    {
        Assert.True(run.Code == 0, run.Errors);
        var norms = Norm()
            .Matches(run.Output)
            .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        (string Name, double[] Values)[] expected =
        [
            ("loss", [_case.LossValue]),
            ("fc1.weight.gradient", _case.Reference(Quantity.Gradient)),
            ("fc1.weight.hessian_diagonal", _case.Reference(Quantity.HessianDiagonal)),
        ];
        Assert.Equal(expected.Length, norms.Count);
        Assert.All(
            expected,
            entry =>
            {
                var norm = Math.Sqrt(entry.Values.Sum(value => value * value));
                Assert.InRange(norms[entry.Name], norm * (1 - 1e-4), norm * (1 + 1e-4));
            },
            throwIfEmpty: true
        );
    }

    [GeneratedRegex(@"^(\S+) .*norm (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Norm();
}
