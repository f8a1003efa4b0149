using System.Text.Json;
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
    public static string Of(ReportDocument report) => JsonText.Of(report, Relaxed.ReportDocument);

    /// <summary>The report that a JSON text holds.</summary>
    public static ReportDocument Read(string json) => JsonSerializer.Deserialize(json, Relaxed.ReportDocument)!;

    /// <summary>The JSON schema of reports, with a line feed at its end.</summary>
    public static string Schema() => JsonText.Schema(Relaxed.ReportDocument);
}
