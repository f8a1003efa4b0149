using System.Text.Json;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Runtimes;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>Reports as files: the same numbers in each, a schema that holds, and a page that needs nothing else.</summary>
[Trait("Category", "Slow")]
public sealed class ReportTests
{
    private const string Command = "analyze @linear.onnx --loss cross-entropy --precision float64 --data x=@x.npy labels=@labels.npy";

    [Fact]
    public void A_folder_holds_the_same_numbers_as_a_page_JSON_and_CSV()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @report");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("1 of 1 weights exactly", run.Output, StringComparison.Ordinal);
        var report = ReportJson.Read(File.ReadAllText(Path.Combine(tool["report"], "report.json")));
        var layer = Assert.Single(report.Layers);
        Assert.Equal(Softmax.Diagonal().Sum(), layer.Trace, 1e-12);
        Assert.Equal(ReportDocument.CurrentSchema, report.Schema);
        Assert.Equal(["linear.onnx"], report.Model.Select(file => file.Name));
        Assert.Equal(["labels", "x"], report.Data.Select(array => array.Name));
        Assert.Equal(15, layer.Histogram.Positive.Sum());
        Assert.Equal(3, layer.FeatureMaps.Length);
        Assert.Equal(layer.Trace, layer.FeatureMaps.Sum(map => map.Sum), 1e-12);
        var lines = File.ReadAllText(Path.Combine(tool["report"], "report.csv")).Split("\r\n");
        var cells = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(cell => cell.First, cell => cell.Second);
        Assert.Equal(layer.Trace, double.Parse(cells["trace"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(("w", "/head/fc", "3x5", "true"), (cells["weight"], cells["node"], cells["shape"], cells["exact"]));
        Assert.Contains(Html.Number(layer.Trace), File.ReadAllText(Path.Combine(tool["report"], "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_is_all_that_is_printed_where_it_is_asked_for()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @page.html --json -");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(Softmax.Loss(Softmax.W), json.RootElement.GetProperty("loss").GetDouble(), 1e-12);
        Assert.True(File.Exists(tool["page.html"]));
    }

    [Fact]
    public void Estimates_are_marked_wherever_they_are_shown()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @report --budget 0s");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("0 of 1 weights exactly", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"/head/fc\s+w\s+estimated ± ", run.Output);
        var report = ReportJson.Read(File.ReadAllText(Path.Combine(tool["report"], "report.json")));
        Assert.False(report.Layers[0].Exact);
        Assert.InRange(report.Layers[0].RelativeError!.Value, 1e-3, 1);
        var page = File.ReadAllText(Path.Combine(tool["report"], "report.html"));
        Assert.DoesNotContain(">exact<", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("estimated ±").Length - 1);
    }

    [Fact]
    public void Names_of_files_cannot_put_elements_into_a_page()
    {
        using var tool = Softmax.Prepared(weight: "<script>alert(1)</script>");
        var page = new AnalysisReport(AnalysisTests.Analyzed(tool, new AnalysisOptions())).ToHtml();
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_that_is_documented_is_that_of_the_reports()
    {
        var path = Path.Combine(Repository.Root, "src", "docs", "report.schema.json");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
            File.WriteAllText(path, AnalysisReport.JsonSchema());
        Assert.Equal(File.ReadAllText(path), AnalysisReport.JsonSchema());
        using var schema = JsonDocument.Parse(AnalysisReport.JsonSchema());
        Assert.All(
            schema.RootElement.GetProperty("properties").EnumerateObject(),
            property => Assert.True(property.Value.TryGetProperty("description", out _), property.Name),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("--budget soon", "--budget 'soon' is no time")]
    [InlineData("--budget 5", "--budget '5' is no time")]
    [InlineData("--budget -1s", "--budget '-1s' is no time")]
    [InlineData("--diagonal fisher", "--diagonal 'fisher' is unknown")]
    public void Options_that_cannot_be_are_refused(string words, string sentence)
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @report {words}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(tool["report"]));
    }

    [Fact]
    public void A_report_is_not_written_over_what_it_is_made_of()
    {
        using var tool = Softmax.Prepared();
        File.Copy(tool["linear.onnx"], tool["model.html"]);
        var run = tool.Run(Command.Replace("linear.onnx", "model.html", StringComparison.Ordinal) + " -o @model.html");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("model.html", run.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// On a telephone nothing is wider than the window; in a wide one the drawings are there; no script is needed for either.
    /// </summary>
    [Theory]
    [InlineData(390)]
    [InlineData(1200)]
    public void A_browser_shows_the_page_at_any_width(int width)
    {
        Assert.SkipWhen(Browser.Program is null, "No Chromium is installed.");
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{Command} -o @page.html");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        File.Copy(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Analysis", "report-frame.html"), tool["frame.html"]);
        using var seen = Browser.Open(
            $"pages/frame.html?{width}",
            new Dictionary<string, string> { ["pages"] = Path.GetDirectoryName(tool["page.html"])! }
        );
        var page = seen.RootElement;
        Assert.InRange(page.GetProperty("width").GetInt32(), 1, width);
        Assert.Equal(2, page.GetProperty("drawings").GetInt32());
        Assert.Equal(width > 640, page.GetProperty("columns").GetInt32() > 6);
        Assert.NotEqual(page.GetProperty("light").GetString(), page.GetProperty("dark").GetString());
    }
}
