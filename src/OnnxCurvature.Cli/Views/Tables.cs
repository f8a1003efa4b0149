using Spectre.Console;

namespace OnnxCurvature.Cli.Views;

/// <summary>Tables without frames. Cells are text, never markup, for names may hold brackets.</summary>
internal static class Tables
{
    /// <summary>A table. Titles that begin with '&gt;' are those of columns of numbers.</summary>
    public static Table Of(params ReadOnlySpan<string> titles)
    {
        var table = new Table
        {
            Border = TableBorder.None,
            ShowHeaders = true,
            UseSafeBorder = false,
        };
        foreach (var title in titles)
        {
            var numbers = title.StartsWith('>');
            var column = new TableColumn(new Text(title.TrimStart('>'), new Style(decoration: Decoration.Dim)))
            {
                Alignment = numbers ? Justify.Right : Justify.Left,
                NoWrap = numbers,
                Padding = new Padding(0, 0, 2, 0),
            };
            table.AddColumn(column);
        }
        return table;
    }

    /// <summary>Adds a row of text.</summary>
    public static Table Row(this Table table, params IEnumerable<string> cells)
    {
        table.AddRow(cells.Select((cell, index) => new Text(Printable.Line(cell)) { Justification = table.Columns[index].Alignment }));
        return table;
    }
}
