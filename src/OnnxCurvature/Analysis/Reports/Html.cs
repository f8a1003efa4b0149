using System.Globalization;
using System.Net;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>Text and numbers for a page.</summary>
internal static class Html
{
    /// <summary>Text that a page shows as it is; control characters of names are spelled out.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(Printable.Line(text));

    /// <summary>The name of a node or a weight, which may wrap after its slashes and dots.</summary>
    public static string Path(string name) =>
        Text(name).Replace("/", "/<wbr>", StringComparison.Ordinal).Replace(".", ".<wbr>", StringComparison.Ordinal);

    /// <summary>A number to four significant digits.</summary>
    public static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>A count with separators.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage.</summary>
    public static string Share(double share) => (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>Sizes: <c>16×16×3×3</c>.</summary>
    public static string Shape(IEnumerable<long> shape) =>
        shape
            .Select(size => size.ToString(CultureInfo.InvariantCulture))
            .DefaultIfEmpty("scalar")
            .Aggregate((text, size) => $"{text}×{size}");
}
