using System.Text.RegularExpressions;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>The code for .NET on the pages of the analyzer is compiled, and gives what the commands on the same pages give.</summary>
[Trait("Category", "Slow")]
public sealed partial class AnalyzerPageTests
{
    private static readonly string Models = Path.Combine(Repository.Root, "testmodels");

    [Fact]
    public void The_code_of_every_page_is_what_is_compiled()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Docs", "AnalyzerSample.cs"));
        var compiled = Sample().Matches(source).ToDictionary(part => part.Groups[1].Value, part => Lines(part.Groups[2].Value));
        Assert.Equal(AnalyzerSample.Pages.Keys.Order(StringComparer.Ordinal), compiled.Keys.Order(StringComparer.Ordinal));
        foreach (var (page, lines) in compiled)
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", page));
            var shown = Library().Match(text).Groups[1].Value;
            Assert.Equal(lines.Select(line => WithoutFolder().Replace(line, "$1")), Lines(shown));
        }
    }

    [Fact]
    public void The_code_of_every_page_runs()
    {
        using var folder = new TemporaryFolder();
        using var model = CurvatureModel.Load(Path.Combine(Models, "mlp.onnx"));
        var data = new Dictionary<string, CurvatureArray>
        {
            ["features"] = CurvatureArray.FromFile(Path.Combine(Models, "mlp.features.npy")),
            ["labels"] = CurvatureArray.FromFile(Path.Combine(Models, "mlp.labels.npy")),
        };
        var found = AnalyzerSample.Pages.ToDictionary(page => page.Key, page => page.Value(model, data, folder.Path));
        Assert.Equal("fc1.weight", Assert.IsType<LayerCurvature>(found["analyze.md"]).Weight);
        Assert.Equal(("logits", "logits.variance"), found["laplace.md"]);
        // As the tables of the pages have it, which come from the commands.
        var importance = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "importance.md"));
        var sums = Figure().Matches(importance).Sum(figure => Number(figure.Groups[1].Value));
        Assert.Equal(sums, model.Importance(Weights, data, cancellation: Token).Layers.Sum(layer => layer.Sum), 1e-3);
        var spectrum = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "spectrum.md"));
        var largest = Number(Largest().Match(spectrum).Groups[1].Value);
        Assert.Equal(largest, (((double Value, double Bound))found["spectrum.md"]).Value, 1e-4);
        foreach (var file in new[] { "report/report.html", "quantization/bits.json", "masks.npz", "pruned.onnx", "ewc.npz", "sure.onnx" })
            Assert.True(File.Exists(folder.File(file)), file);
    }

    [Theory]
    [InlineData("analyze.md")]
    [InlineData("quantization.md")]
    [InlineData("pruning.md")]
    [InlineData("importance.md")]
    [InlineData("laplace.md")]
    [InlineData("spectrum.md")]
    public void A_page_shows_the_output_of_its_command(string page)
    {
        using var folder = new TemporaryFolder();
        var blocks = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", page)).Split("\n\n");
        var at = Array.FindIndex(blocks, block => block.StartsWith("    onnx-curvature ", StringComparison.Ordinal));
        string[] words =
        [
            .. blocks[at]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(word => word.Trim('\'').Replace("testmodels/", Models + "/", StringComparison.Ordinal)),
        ];
        foreach (var option in words.Index().Where(word => word.Item is "-o" or "--variances").ToArray())
            words[option.Index + 1] = folder.File(words[option.Index + 1]);
        var run = ToolRun.Of(new CurvatureService(), words);
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        var printed = run.Output.Split('\n').Select(Stable).ToHashSet(StringComparer.Ordinal);
        var shown = blocks.Skip(at + 1).TakeWhile(block => !block.StartsWith("## For programs", StringComparison.Ordinal));
        var lines = shown
            .Where(block => block.StartsWith("    ", StringComparison.Ordinal))
            .SelectMany(block => block.Split('\n'))
            .Where(line => Printed().IsMatch(line))
            .Select(Stable)
            .ToArray();
        Assert.All(lines, line => Assert.Contains(line, printed), throwIfEmpty: true);
    }

    /// <summary>A line without the width of its columns, and without rounding errors, which differ from machine to machine.</summary>
    private static string Stable(string line) => Blanks().Replace(Rounding().Replace(line.Trim(), "±"), " ");

    [Fact]
    public void Curvature_that_does_not_come_from_a_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = CurvatureModel.Load(Path.Combine(Models, "mlp.onnx"));
        var data = new Dictionary<string, CurvatureArray>
        {
            ["features"] = CurvatureArray.FromFile(Path.Combine(Models, "mlp.features.npy")),
            ["labels"] = CurvatureArray.FromFile(Path.Combine(Models, "mlp.labels.npy")),
        };
        var curvature = model.Analyze(Weights, data, cancellation: Token);
        var own = new NetworkCurvature(
            curvature.Model,
            curvature.Request,
            curvature.Options,
            curvature.Loss,
            curvature.Samples,
            curvature.Layers,
            curvature.LeftOut,
            curvature.Notes,
            curvature.Checks,
            curvature.Seconds
        );
        Assert.Contains(
            "does not come from CurvatureModel.Analyze",
            Assert.Throws<ArgumentException>(() => own.Quantize(cancellation: Token)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentNullException>(() => ((NetworkCurvature)null!).Prune(cancellation: Token));
        // The posterior is of the summed loss.
        Assert.DoesNotContain("--", Assert.Throws<UserErrorException>(() => curvature.Laplace()).Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static CurvatureRequest Weights => new() { WithRespectTo = ["*.weight"], Loss = LossRequest.Parse("cross-entropy") };

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];

    [GeneratedRegex(@"// sample ([\w.]+)\r?\n(.*?)// end", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"## Library\r?\n((?:\r?\n|    [^\n]*\n?)+)")]
    private static partial Regex Library();

    [GeneratedRegex(@"In\((""[^""]+"")\)")]
    private static partial Regex WithoutFolder();

    [GeneratedRegex(@"fc\d\.weight\s+exact\s+([\d.]+)")]
    private static partial Regex Figure();

    // Lines of tables and of results, and no code or command.
    [GeneratedRegex(@"^ +loss [\d.]|^ +all |  exact  |  weights?  |\.weight +\d| [KM]iB |bits:")]
    private static partial Regex Printed();

    [GeneratedRegex(@"-?\d+(\.\d+)?E-1\d")]
    private static partial Regex Rounding();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"all\s+212\s+([\d.]+)")]
    private static partial Regex Largest();
}
