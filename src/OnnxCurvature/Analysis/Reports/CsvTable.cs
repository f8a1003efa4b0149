using System.Text;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>Comma-separated values, as RFC 4180 has them.</summary>
internal static class CsvTable
{
    private const string LineEnd = "\r\n";

    /// <summary>The text: a line of names, and the rows.</summary>
    public static string Of(IEnumerable<string> names, IEnumerable<IEnumerable<string>> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.Prepend(names))
            text.AppendJoin(',', row.Select(Quoted)).Append(LineEnd);
        return text.ToString();
    }

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
