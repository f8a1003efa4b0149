using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Report;

/// <summary>The description in a file of a result, as JSON: its origin, its computation and check, and their time and memory.</summary>
internal static class ResultAbout
{
    /// <summary>The name under which it stands beside the arrays.</summary>
    public const string Name = "about.json";

    /// <summary>The JSON of a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="fileOf">The file of each tensor, where each has its own; else null.</param>
    public static string Of(CurvatureResult result, Func<ResultTensor, string>? fileOf = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("kind", "onnx-curvature-result");
            json.WriteNumber("format", 1);
            json.WriteStartObject("of");
            foreach (var (name, value) in result.About)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteNumber("samples", result.Samples);
            json.WriteNumber("batches", result.Batches);
            json.WriteStartArray("results");
            foreach (var tensor in result.Tensors)
                Write(json, tensor, fileOf);
            json.WriteEndArray();
            Write(json, "plan", result.Methods);
            Write(json, "notes", result.Notes);
            Write(json, result.Check);
            json.WriteStartObject("seconds");
            foreach (var (phase, seconds) in result.Seconds.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                json.WriteNumber(phase, seconds);
            json.WriteEndObject();
            json.WriteNumber("seconds_waiting_for_data", result.SecondsForData);
            json.WriteNumber("peak_memory_bytes", result.PeakBytes);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, ResultTensor tensor, Func<ResultTensor, string>? fileOf)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        json.WriteString("holds", tensor.CanonicalName);
        json.WriteBoolean("negated", tensor.IsNegated);
        if (fileOf is not null)
            json.WriteString("file", fileOf(tensor));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> sentences)
    {
        json.WriteStartArray(name);
        foreach (var sentence in sentences)
            json.WriteStringValue(sentence);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, CheckReport check)
    {
        json.WriteStartObject("check");
        json.WriteNumber("entries", check.Entries.Length);
        json.WriteBoolean("agrees", check.Agrees);
        json.WriteNumber("largest_difference", check.LargestDifference);
        json.WriteNumber("undecided", check.Undecided.Length);
        json.WriteStartArray("unchecked");
        foreach (var left in check.Unchecked)
        {
            json.WriteStartObject();
            json.WriteString("name", left.Name);
            json.WriteString("reason", left.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
