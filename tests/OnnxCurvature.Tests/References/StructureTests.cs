using System.Diagnostics;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>Every augmented file is a well-formed ONNX model, by our own checker and by that of ONNX where it is installed.</summary>
[Trait("Category", "Slow")]
public sealed class StructureTests
{
    // Debian's package is for its own interpreter, whichever else comes first on the path.
    private const string Python = "/usr/bin/python3";

    /// <summary>Loads each file of the command line with ONNX's checker, which infers all types and shapes besides.</summary>
    private const string Script = """
        import sys, onnx
        for path in sys.argv[1:]:
            try:
                onnx.checker.check_model(path, full_check=True)
            except Exception as problem:
                print(path, str(problem).replace(chr(10), ' '))
        """;

    public static TheoryData<string> Models => [.. ReferenceTable.All.Select(entry => entry.Model).Distinct()];

    [Theory]
    [MemberData(nameof(Models))]
    public void Augmented_files_of_every_opset_pass_the_structural_check(string model)
    {
        using var folder = new TemporaryFolder();
        var written = Write(model, folder).ToArray();
        Assert.NotEmpty(written);
        Assert.All(written, report => Assert.Empty(OnnxChecker.Check(report.Path)), throwIfEmpty: true);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Augmented_files_pass_ONNX_s_own_checker(string model)
    {
        var known = Ask("-c", "import onnx, onnx.defs; print(onnx.defs.onnx_opset_version())");
        Assert.SkipUnless(int.TryParse(known, out var opset), "Debian's package python3-onnx is not installed.");
        using var folder = new TemporaryFolder();
        var written = Write(model, folder).Where(report => report.Opset <= opset).ToArray();
        Assert.SkipWhen(written.Length == 0, $"The model needs an opset that this python3-onnx, which knows {opset}, does not know.");
        Assert.Equal("", Ask(["-c", Script, .. written.Select(report => report.Path)]));
    }

    /// <summary>Augmented files of a model for all its weights at once, in every opset that can say them.</summary>
    private static IEnumerable<AugmentReport> Write(string model, TemporaryFolder folder)
    {
        var entries = ReferenceTable.All.Where(entry => entry.Model == model).ToArray();
        var request = entries[0].Request with { WithRespectTo = [.. entries.Select(entry => entry.Weight).Distinct()] };
        for (var opset = OpsetRange.Lowest; opset <= OpsetRange.Highest; opset++)
            if (Augment(entries[0].ModelPath, request, folder.File($"{opset}.onnx"), opset) is { } report)
                yield return report;
    }

    private static AugmentReport? Augment(string model, CurvatureRequest request, string path, int opset)
    {
        try
        {
            return CurvatureEngine.Augment(model, request, path, new AugmentOptions { Opset = opset, Embed = true });
        }
        catch (UserErrorException exception) when (exception.Message.Contains(" needs opset ", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <summary>The output of Python; null where there is none, or where it fails.</summary>
    private static string? Ask(params string[] arguments)
    {
        if (!File.Exists(Python))
            return null;
        using var process = Process.Start(
            new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : null;
    }
}
