using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Json.Schema;
using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>The schemas of the analyzer's commands are pages of the documentation, and what the commands print follows them.</summary>
public sealed class SchemaTests
{
    private const string Given = "@linear.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy";

    public static TheoryData<string, string> Reports =>
        new()
        {
            { "report", $"analyze {Given} -o @report" },
            { "report", $"analyze {Given} -o @report --budget 0s --probes 8" },
            { "sensitivity", $"sensitivity {Given} -o @folder --target-size 40 --measure" },
            { "sensitivity", $"sensitivity {Given} -o @folder --bits 4" },
            { "pruning", $"prune {Given} -o @masks.npz --sparsity 0.4 --held x=@x.npy labels=@labels.npy" },
            { "pruning", $"prune {Given} --dry-run" },
            { "importance", $"importance {Given} -o @ewc.npz" },
            { "importance", $"importance {Given} -o @ewc.npz --fisher sampled --probes 8" },
            { "laplace", $"laplace {Given} -o @sure.onnx" },
            { "laplace", $"laplace {Given} -o @sure.onnx --prior 2" },
            { "spectrum", $"spectrum {Given}" },
            { "spectrum", $"spectrum {Given} -o @density.csv --together" },
        };

    [Theory]
    [MemberData(nameof(Reports))]
    public void The_output_of_a_command_follows_its_documented_schema(string name, string command)
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run($"{command} --json -");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", $"{name}.schema.json")));
        using var printed = JsonDocument.Parse(run.Output);
        var found = schema.Evaluate(printed.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(found.IsValid, JsonSerializer.Serialize(found));
        Assert.Equal($"onnx-curvature/{name}/1", printed.RootElement.GetProperty("schema").GetString());
        // Whatever is printed is described.
        using var described = JsonDocument.Parse(JsonSerializer.Serialize(schema));
        Assert.Empty(NamesOf(printed.RootElement).Except(NamesIn(described.RootElement)));
    }

    [Fact]
    public void Schemas_are_those_of_the_documents()
    {
        foreach (var (name, type) in Documents)
            Golden.MatchPage($"src/docs/{name}.schema.json", JsonText.Schema(type));
    }

    [Fact]
    public void A_document_that_lacks_a_property_does_not_follow_its_schema()
    {
        var schema = JsonSchema.FromText(JsonText.Schema(LaplaceJson.Relaxed.LaplaceDocument));
        using var without = JsonDocument.Parse(
            """{"schema":"onnx-curvature/laplace/1","loss":1,"priorPrecision":1,"fitted":true,"layers":[]}"""
        );
        Assert.False(schema.Evaluate(without.RootElement).IsValid);
    }

    private static IEnumerable<(string Name, JsonTypeInfo Type)> Documents =>
        [
            ("sensitivity", QuantizationJson.Relaxed.QuantizationDocument),
            ("pruning", PruningJson.Relaxed.PruningDocument),
            ("importance", ImportanceJson.Relaxed.ImportanceDocument),
            ("laplace", LaplaceJson.Relaxed.LaplaceDocument),
            ("spectrum", SpectrumJson.Relaxed.SpectrumDocument),
        ];

    private static IEnumerable<string> NamesOf(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(property => NamesOf(property.Value).Prepend(property.Name)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(NamesOf),
            _ => [],
        };

    /// <summary>The names of all properties that a schema describes.</summary>
    private static HashSet<string> NamesIn(JsonElement schema) =>
        schema.ValueKind switch
        {
            JsonValueKind.Object =>
            [
                .. schema.EnumerateObject().SelectMany(member => NamesIn(member.Value)),
                .. schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
                    ? properties.EnumerateObject().Select(property => property.Name)
                    : [],
            ],
            JsonValueKind.Array => [.. schema.EnumerateArray().SelectMany(NamesIn)],
            _ => [],
        };
}
