using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>JSON for programs: indented, in UTF-8, with a line feed at its end.</summary>
internal static class JsonText
{
    /// <summary>The text of an object whose properties are written.</summary>
    public static string Object(Action<Utf8JsonWriter> properties) =>
        Of(json =>
        {
            json.WriteStartObject();
            properties(json);
            json.WriteEndObject();
        });

    /// <summary>The text of a value that is written.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            // The text goes to a terminal or a file, never into a web page, so that only what JSON itself reserves is escaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(stream, options))
            write(json);
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Writes an array of objects.</summary>
    public static void Objects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> properties)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            properties(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes the properties that every report has of a weight: its node, its name, whether it is exact, its entries.</summary>
    public static void Layer(this Utf8JsonWriter json, string node, string weight, bool isExact, long entries)
    {
        json.WriteString("node", node);
        json.WriteString("weight", weight);
        json.WriteBoolean("exact", isExact);
        json.WriteNumber("entries", entries);
    }

    /// <summary>Writes an array of strings.</summary>
    public static void Strings(this Utf8JsonWriter json, string name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
            json.WriteStringValue(item);
        json.WriteEndArray();
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void Numbers(this Utf8JsonWriter json, string name, IEnumerable<double> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
            json.WriteNumberValue(item);
        json.WriteEndArray();
    }

    /// <summary>Writes a number, or null where there is none or it is not finite.</summary>
    public static void NumberOrNull(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    /// <summary>How documents become text: indented, in camel case, with line feeds.</summary>
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
}
