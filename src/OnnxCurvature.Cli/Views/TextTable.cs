using Spectre.Console;

namespace OnnxCurvature.Cli.Views;

/// <summary>A table without frames that fits its window. Cells are text, never markup, for names may hold brackets.</summary>
internal sealed class TextTable(params Column[] columns)
{
    private const int Gap = 2;

    /// <summary>A column of names keeps so many characters as long as there is another column to leave out.</summary>
    private const int PreferredName = 24;

    /// <summary>A column of words keeps so many characters as long as there is another column to leave out.</summary>
    private const int PreferredText = 36;

    private const int LeastName = 8;
    private const int LeastText = 12;

    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    public TextTable Row(params string[] cells)
    {
        _rows.Add([.. cells.Select(Printable.Line)]);
        return this;
    }

    /// <summary>The table in at most <paramref name="width"/> characters, unless its numbers alone are wider.</summary>
    public Table Fit(int width)
    {
        var natural = columns.Select((column, at) => _rows.Select(row => row[at].Length).Append(column.Title.Length).Max()).ToArray();
        var kept = Kept(natural, width);
        var widths = Widths(natural, kept, width);
        var table = new Table
        {
            Border = TableBorder.None,
            ShowHeaders = true,
            UseSafeBorder = false,
        };
        foreach (var at in kept)
            table.AddColumn(
                new TableColumn(new Text(columns[at].Title, new Style(decoration: Decoration.Dim)))
                {
                    Alignment = Alignment(columns[at]),
                    NoWrap = columns[at].Kind != ColumnKind.Text,
                    Width = widths[at],
                    Padding = new Padding(0, 0, at == kept[^1] ? 0 : Gap, 0),
                }
            );
        foreach (var row in _rows)
            table.AddRow(kept.Select(at => new Text(Cell(row[at], at, widths[at])) { Justification = Alignment(columns[at]) }));
        return table;
    }

    /// <summary>A text of at most <paramref name="width"/> characters, without its middle where it is longer.</summary>
    public static string WithoutMiddle(string text, int width)
    {
        if (text.Length <= width)
            return text;
        var head = (width - 1) / 2;
        return $"{text[..head]}…{text[^(width - 1 - head)..]}";
    }

    private static Justify Alignment(Column column) => column.Kind == ColumnKind.Number ? Justify.Right : Justify.Left;

    private string Cell(string text, int at, int width) => columns[at].Kind == ColumnKind.Name ? WithoutMiddle(text, width) : text;

    /// <summary>The columns that stay: those that must, and of the others, the least dispensable first, each one that still fits.</summary>
    private int[] Kept(int[] natural, int width)
    {
        var kept = Enumerable.Range(0, columns.Length).Where(at => columns[at].Dispensable == 0).ToList();
        foreach (var at in Enumerable.Range(0, columns.Length).Except(kept).OrderBy(at => columns[at].Dispensable))
            if (Total([.. kept, at], other => Math.Min(natural[other], Preferred(columns[other]))) <= width)
                kept.Add(at);
        return [.. kept.Order()];
    }

    /// <summary>The width of each column: what is too much is taken from the widest that can give way.</summary>
    private int[] Widths(int[] natural, int[] kept, int width)
    {
        var widths = natural.ToArray();
        while (Total(kept, at => widths[at]) > width)
        {
            var givers = kept.Where(at => widths[at] > Least(columns[at], natural[at])).ToArray();
            if (givers.Length == 0)
                break;
            widths[givers.MaxBy(at => widths[at])]--;
        }
        return widths;
    }

    private static int Total(int[] kept, Func<int, int> width) => kept.Sum(width) + Gap * (kept.Length - 1);

    private static int Preferred(Column column) =>
        column.Kind switch
        {
            ColumnKind.Name => PreferredName,
            ColumnKind.Text => PreferredText,
            _ => int.MaxValue,
        };

    private static int Least(Column column, int natural) =>
        column.Kind switch
        {
            ColumnKind.Name => LeastName,
            ColumnKind.Text => LeastText,
            _ => natural,
        };
}
