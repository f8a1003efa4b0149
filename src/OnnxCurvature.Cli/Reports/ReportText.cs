using System.Text.Json;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Cli.Reports;

/// <summary>Reports as JSON text.</summary>
[JsonSerializable(typeof(InspectDocument))]
[JsonSerializable(typeof(AugmentDocument))]
[JsonSerializable(typeof(RunDocument))]
[JsonSerializable(typeof(VerifyDocument))]
[JsonSerializable(typeof(CalibrateDocument))]
internal sealed partial class ReportText : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<ReportText> Writer = new(() => new ReportText(JsonText.Options()));

    /// <summary>The writer of reports.</summary>
    public static ReportText Relaxed => Writer.Value;

    /// <summary>The JSON text of a report, with a line feed at its end.</summary>
    public static string Of(Document document) => JsonSerializer.Serialize(document, document.GetType(), Relaxed) + "\n";
}
