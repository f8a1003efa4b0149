using System.ComponentModel;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>JSON for programs: indented, in camel case, in UTF-8, with a line feed at its end.</summary>
internal static class JsonText
{
    /// <summary>The text of a document.</summary>
    public static string Of<T>(T document, JsonTypeInfo<T> type) => JsonSerializer.Serialize(document, type) + "\n";

    /// <summary>The schema of documents of a type, with the descriptions of their properties.</summary>
    public static string Schema(JsonTypeInfo type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Described };
        var schema = (JsonObject)type.GetJsonSchemaAsNode(options);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema.ToJsonString(type.Options) + "\n";
    }

    /// <summary>A number, or null where there is none or it is not finite: JSON has no word for these.</summary>
    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    /// <summary>How documents become text.</summary>
    public static JsonSerializerOptions Options() =>
        new()
        {
            WriteIndented = true,
            NewLine = "\n",
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            RespectNullableAnnotations = true,
            // The text goes to a terminal or a file, never into a web page, so that only what JSON itself reserves is escaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };

    private static JsonNode Described(JsonSchemaExporterContext context, JsonNode schema)
    {
        var text = context.PropertyInfo?.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false);
        if (schema is JsonObject properties && text is [DescriptionAttribute { Description: var description }, ..])
            properties.Insert(0, "description", description);
        return schema;
    }
}
