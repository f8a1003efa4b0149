using System.Text.Json;
using System.Text.Json.Nodes;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Cli;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Verification;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>Reports for programs, and their schemas, which are pages of the documentation.</summary>
public sealed class ReportTests
{
    private static readonly CheckReport Found = new(
        [new VerifyEntry("w.gradient", [1, 2], 1, double.NaN, 0.001, 0.0001, "central difference of the loss")],
        [],
        0
    );

    public static TheoryData<string> Commands => ["inspect", "augment", "run", "verify"];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_report_is_as_approved_on_the_standard_output_and_in_a_file(string command)
    {
        using var folder = new TemporaryFolder();
        var service = new FakeService { Found = Found };
        var printed = ToolRun.Of(service, [.. Arguments(command, folder), "--json", "-"]);
        var expected = command == "verify" ? ExitCodes.Disagreement : ExitCodes.Success;
        Assert.Equal((expected, ""), (printed.Code, printed.Error));
        using (var document = JsonDocument.Parse(printed.Output))
            Assert.StartsWith($"onnx-curvature/{command}/", document.RootElement.GetProperty("schema").GetString());
        var text = printed.Output.Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        Golden.Match($"{command}.json", text);

        var written = ToolRun.Of(service, [.. Arguments(command, folder), "--json", folder.File("report.json")]);
        Assert.Equal(expected, written.Code);
        Assert.Equal(printed.Output, File.ReadAllText(folder.File("report.json")));
        Assert.DoesNotContain("\"schema\"", written.Output, StringComparison.Ordinal);
        Assert.NotEmpty(written.Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_schema_is_that_of_the_documentation_and_reports_hold_its_properties(string command)
    {
        Type type = command switch
        {
            "inspect" => typeof(InspectDocument),
            "augment" => typeof(AugmentDocument),
            "run" => typeof(RunDocument),
            _ => typeof(VerifyDocument),
        };
        var schema = JsonText.Schema(ReportText.Relaxed.GetTypeInfo(type)!);
        Golden.MatchPage($"src/docs/{command}.schema.json", schema);

        using var folder = new TemporaryFolder();
        var run = ToolRun.Of(new FakeService { Found = Found }, [.. Arguments(command, folder), "--json"]);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(
            ((JsonObject)JsonNode.Parse(schema)!["properties"]!).Select(property => property.Key).Order(StringComparer.Ordinal),
            document.RootElement.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_report_of_a_machine_holds_the_properties_of_its_schema()
    {
        var schema = JsonText.Schema(ReportText.Relaxed.GetTypeInfo(typeof(CalibrateDocument))!);
        Golden.MatchPage("src/docs/calibrate.schema.json", schema);

        var run = ToolRun.Of(new FakeService(), "calibrate", "--json", "-");
        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(CalibrateDocument.Name, document.RootElement.GetProperty("schema").GetString());
        Assert.True(document.RootElement.GetProperty("productFlops").GetDouble() > 0);
        Assert.Equal(
            ((JsonObject)JsonNode.Parse(schema)!["properties"]!).Select(property => property.Key).Order(StringComparer.Ordinal),
            document.RootElement.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_report_overwrites_nothing_that_is_read_or_written()
    {
        using var folder = new TemporaryFolder();
        var output = folder.File("out.npz");
        foreach (var report in new[] { output, "m" })
        {
            var run = ToolRun.Of(new FakeService(), "run", "m", "-o", output, "--wrt", "w", "--loss", "mse", "--json", report);
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains("would overwrite", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Errors_are_lines_of_JSON_where_that_is_asked_for()
    {
        var run = ToolRun.Of(new FakeService(), "run", "m", "--log-format", "json");
        Assert.Equal(ExitCodes.UserError, run.Code);
        using var document = JsonDocument.Parse(run.Error);
        Assert.Equal("error", document.RootElement.GetProperty("event").GetString());
        Assert.Equal(2, document.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains("--output OUT.npz is missing", document.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static string[] Arguments(string command, TemporaryFolder folder) =>
        command switch
        {
            "inspect" => ["inspect", "vgg16.onnx"],
            "augment" => ["augment", "m", "-o", folder.File("out.onnx"), "--wrt", "w", "--loss", "mse"],
            "run" => ["run", "m", "-o", folder.File("out.npz"), "--wrt", "w", "--loss", "mse"],
            _ => ["verify", "m", "--wrt", "w", "--loss", "mse"],
        };
}
