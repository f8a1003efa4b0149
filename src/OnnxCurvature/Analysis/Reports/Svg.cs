using System.Globalization;
using System.Text;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>A drawing in SVG. Colours are those of the page's style sheet, by class.</summary>
/// <param name="width">The width of the coordinates.</param>
/// <param name="height">The height of the coordinates.</param>
/// <param name="title">A description of the drawing, for those who do not see it.</param>
internal sealed class Svg(double width, double height, string title)
{
    private readonly StringBuilder _body = new();

    /// <summary>Adds a rectangle.</summary>
    public void Rectangle(double x, double y, double wide, double high, string style) =>
        Add($"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{wide:0.##}\" height=\"{high:0.##}\"/>");

    /// <summary>Adds a line.</summary>
    public void Line(double x1, double y1, double x2, double y2) =>
        Add($"<line class=\"axis\" x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\"/>");

    /// <summary>Adds text; <paramref name="anchor"/> is start, middle or end.</summary>
    public void Text(double x, double y, string text, string anchor = "start") =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{anchor}\">{Html.Text(text)}</text>");

    /// <summary>Adds a grid of square cells, each shaded by its level; see <see cref="Shades"/>.</summary>
    /// <param name="x">The left edge.</param>
    /// <param name="y">The upper edge.</param>
    /// <param name="cell">The size of a cell.</param>
    /// <param name="columns">The number of cells in a row.</param>
    /// <param name="levels">The levels, row by row; those of negative numbers are below zero.</param>
    public void Grid(double x, double y, double cell, int columns, ReadOnlySpan<int> levels)
    {
        var paths = new SortedDictionary<int, StringBuilder>();
        for (var start = 0; start < levels.Length; )
        {
            // Cells of one level that touch are one rectangle.
            var (level, end) = (levels[start], start + 1);
            while (end < levels.Length && end % columns != 0 && levels[end] == level)
                end++;
            if (level != 0)
            {
                if (!paths.TryGetValue(level, out var path))
                    paths[level] = path = new StringBuilder();
                path.Append(
                    CultureInfo.InvariantCulture,
                    $"M{x + start % columns * cell:0.##} {y + start / columns * cell:0.##}h{(end - start) * cell:0.##}v{cell:0.##}"
                );
                path.Append(CultureInfo.InvariantCulture, $"h{-(end - start) * cell:0.##}z");
            }
            start = end;
        }
        Rectangle(x, y, columns * cell, levels.Length / columns * cell, "ground");
        foreach (var (level, path) in paths)
        {
            var opacity = Math.Abs(level) / (double)Shades.Levels;
            Add($"<path class=\"{(level < 0 ? "below" : "above")}\" fill-opacity=\"{opacity:0.###}\" d=\"{path}\"/>");
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {width:0.##} {height:0.##}\" style=\"max-width:{width * 1.5:0}px\" role=\"img\">"
        ) + $"<title>{Html.Text(title)}</title>{_body}</svg>";

    private void Add(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture));
}
