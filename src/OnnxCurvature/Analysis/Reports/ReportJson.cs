using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>Reports as JSON text.</summary>
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<ReportJson> Writer = new(() => new ReportJson(JsonText.Options()));

    private static ReportJson Relaxed => Writer.Value;

    /// <summary>The JSON text of a report, with a line feed at its end.</summary>
    public static string Of(ReportDocument report) => JsonSerializer.Serialize(report, Relaxed.ReportDocument) + "\n";

    /// <summary>The report that a JSON text holds.</summary>
    public static ReportDocument Read(string json) => JsonSerializer.Deserialize(json, Relaxed.ReportDocument)!;

    /// <summary>The JSON schema of reports, with a line feed at its end.</summary>
    public static string Schema()
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Described };
        var schema = (JsonObject)Relaxed.ReportDocument.GetJsonSchemaAsNode(options);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema.ToJsonString(Relaxed.ReportDocument.Options) + "\n";
    }

    private static JsonNode Described(JsonSchemaExporterContext context, JsonNode schema)
    {
        var text = context.PropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false);
        if (schema is JsonObject properties && text is [DescriptionAttribute { Description: var description }, ..])
            properties.Insert(0, "description", description);
        return schema;
    }
}
