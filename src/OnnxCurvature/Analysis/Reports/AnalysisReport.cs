using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Files;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>The report of an analysis: for programs as JSON and CSV, and for people as a page.</summary>
internal sealed class AnalysisReport
{
    private const string Page = "report.html";
    private const string Json = "report.json";
    private const string Csv = "report.csv";

    private readonly NetworkCurvature _curvature;

    /// <summary>The report of an analysis.</summary>
    public AnalysisReport(NetworkCurvature curvature)
    {
        ArgumentNullException.ThrowIfNull(curvature);
        _curvature = curvature;
        Document = ReportBuilder.Build(curvature);
    }

    /// <summary>The figures.</summary>
    public ReportDocument Document { get; }

    /// <summary>The JSON text; its schema is <see cref="JsonSchema"/>.</summary>
    public string ToJson() => ReportJson.Of(Document);

    /// <summary>The figures of the weights as comma-separated values.</summary>
    public string ToCsv() => ReportCsv.Of(Document);

    /// <summary>A page that needs no other file and no network.</summary>
    public string ToHtml() => new HtmlReport(Document, _curvature).Page();

    /// <summary>The JSON schema of <see cref="ToJson"/>.</summary>
    public static string JsonSchema() => ReportJson.Schema();

    /// <summary>Whether a path names a page, and not a folder.</summary>
    public static bool IsPage(string path) =>
        Path.GetExtension(path) is var extension
        && (extension.Equals(".html", StringComparison.OrdinalIgnoreCase) || extension.Equals(".htm", StringComparison.OrdinalIgnoreCase));

    /// <summary>The files that <see cref="Write"/> writes to a path.</summary>
    public static IReadOnlyList<string> FilesOf(string path) =>
        IsPage(path) ? [path] : [Path.Combine(path, Page), Path.Combine(path, Json), Path.Combine(path, Csv)];

    /// <summary>
    /// Writes the page where the path ends in .html, and else a folder with the page, the JSON and the CSV. Each file is whole or not
    /// there. Throws <see cref="UserErrorException"/> where that is not possible.
    /// </summary>
    public void Write(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (IsPage(path))
        {
            TextFile.Write(path, ToHtml());
            return;
        }
        OutputFolder.Create(path);
        TextFile.Write(Path.Combine(path, Page), ToHtml());
        TextFile.Write(Path.Combine(path, Json), ToJson());
        TextFile.Write(Path.Combine(path, Csv), ToCsv());
    }
}
