using System.Globalization;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>The layers of a report as comma-separated values, as RFC 4180 has them, with the names of the JSON report.</summary>
internal static class ReportCsv
{
    private static readonly (string Name, Func<LayerEntry, string> Cell)[] Fields =
    [
        ("weight", layer => layer.Weight),
        ("node", layer => layer.Node),
        ("operator", layer => layer.Operator),
        ("shape", layer => string.Join('x', layer.Shape)),
        ("entries", layer => layer.Entries.ToString(CultureInfo.InvariantCulture)),
        ("exact", layer => layer.Exact ? "true" : "false"),
        ("method", layer => layer.Method),
        ("relativeError", layer => Number(layer.RelativeError)),
        ("exactSeconds", layer => Number(layer.ExactSeconds)),
        ("flops", layer => Number(layer.Flops)),
        ("gradientNorm", layer => Number(layer.GradientNorm)),
        ("trace", layer => Number(layer.Trace)),
        ("traceErrorBound", layer => Number(layer.TraceErrorBound)),
        ("mean", layer => Number(layer.Mean)),
        ("median", layer => Number(layer.Median)),
        ("least", layer => Number(layer.Least)),
        ("largest", layer => Number(layer.Largest)),
        ("largestAt", layer => string.Join(' ', layer.LargestAt)),
        ("negativeShare", layer => Number(layer.NegativeShare)),
        ("zeroShare", layer => Number(layer.ZeroShare)),
    ];

    /// <summary>The text: a line of names, and a line for each weight.</summary>
    public static string Of(ReportDocument report) =>
        CsvTable.Of(Fields.Select(field => field.Name), report.Layers.Select(layer => Fields.Select(field => field.Cell(layer))));

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
