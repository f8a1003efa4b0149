using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Inspection;

namespace OnnxCurvature.Cli.Views;

/// <summary>
/// A model's report as JSON, for programs. The names of properties stay; further ones may be added. What is missing is null; sizes
/// are in bytes, and work in floating-point operations.
/// </summary>
internal static class InspectJson
{
    /// <summary>The JSON text, with a line feed at its end.</summary>
    public static string Of(InspectReport report)
    {
        using var stream = new MemoryStream();
        // The text goes to a terminal or a file, never into a web page, so that only what JSON itself reserves is escaped.
        using (
            var json = new Utf8JsonWriter(
                stream,
                new JsonWriterOptions
                {
                    Indented = true,
                    NewLine = "\n",
                    Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        )
        {
            json.WriteStartObject();
            json.WriteString("path", report.Path);
            json.WriteNumber("irVersion", report.IrVersion);
            json.WriteNumber("opset", report.Opset);
            Pairs(json, "inputs", "name", "type", report.Inputs);
            Pairs(json, "outputs", "name", "type", report.Outputs);
            Weights(json, report);
            Pairs(json, "formulaConstants", "name", "type", report.FormulaConstants);
            Operators(json, report);
            Pairs(json, "losses", "loss", "reason", report.Losses);
            json.WriteStartArray("notes");
            foreach (var note in report.Notes)
                json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Weights(Utf8JsonWriter json, InspectReport report)
    {
        json.WriteStartArray("weights");
        foreach (var weight in report.Weights)
        {
            json.WriteStartObject();
            json.WriteString("name", weight.Name);
            json.WriteString("nodes", weight.Nodes);
            json.WriteString("type", weight.Type);
            json.WriteNumber("elements", weight.Elements);
            json.WritePropertyName("plan");
            if (weight.Plan is { } plan)
                Plan(json, plan);
            else
                json.WriteNullValue();
            json.WriteString("obstacle", weight.Obstacle);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Plan(Utf8JsonWriter json, WeightPlan plan)
    {
        json.WriteStartObject();
        json.WriteString("quantity", plan.Quantity.Name());
        json.WriteString("method", plan.Method);
        json.WriteString("reason", plan.Reason);
        json.WriteNumber("directions", plan.Directions);
        json.WriteNumber("chunkSize", plan.ChunkSize);
        json.WriteNumber("flops", plan.Flops);
        json.WriteNumber("memoryBytes", plan.MemoryBytes);
        json.WriteEndObject();
    }

    private static void Operators(Utf8JsonWriter json, InspectReport report)
    {
        json.WriteStartArray("operators");
        foreach (var entry in report.Operators)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            json.WriteNumber("count", entry.Count);
            json.WriteString("obstacle", entry.Obstacle);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Pairs(Utf8JsonWriter json, string name, string first, string second, IEnumerable<(string, string)> pairs)
    {
        json.WriteStartArray(name);
        foreach (var (one, other) in pairs)
        {
            json.WriteStartObject();
            json.WriteString(first, one);
            json.WriteString(second, other);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
