using System.Collections.Immutable;
using OnnxCurvature.Analysis.Spectra;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows spectra.</summary>
internal static class SpectrumView
{
    private const int Bins = 12;
    private const int BarWidth = 32;

    /// <summary>Shows a result.</summary>
    public static void Show(Terminal terminal, SpectrumResult result, string? path)
    {
        var column = NodeNames.ColumnFor(result.Parts.Select(part => (part.Name, part.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weights"),
            Column.Number("entries", 2),
            Column.Number("largest"),
            Column.Number("± bound"),
            Column.Number("smallest"),
            Column.Number("± bound"),
            Column.Number("trace"),
            Column.Number("± error", 3),
        ]);
        foreach (var part in result.Parts)
            table.Row([
                .. NodeNames.Cells(column, part.Node),
                part.Name,
                Figures.Count(part.Entries),
                Figures.Value(part.Largest[0].Value),
                Bound(part.Largest[0].Bound),
                Figures.Value(part.Smallest[0].Value),
                Bound(part.Smallest[0].Bound),
                Figures.Value(part.Trace),
                Bound(part.TraceError),
            ]);
        terminal.Table(table);
        Eigenvalues(terminal, "Largest eigenvalues of all weights together", result.Parts[0].Largest);
        Eigenvalues(terminal, "Smallest eigenvalues of all weights together", result.Parts[0].Smallest);
        Density(terminal, result.Parts[0]);
        if (path is null)
            return;
        terminal.Line();
        terminal.Line($"Written: {path}");
    }

    private static void Eigenvalues(Terminal terminal, string heading, ImmutableArray<(double Value, double Bound)> values)
    {
        terminal.Line();
        terminal.Heading(heading);
        var table = new TextTable(Column.Number("value"), Column.Number("± bound"));
        foreach (var value in values)
            table.Row(Figures.Value(value.Value), Bound(value.Bound));
        terminal.Table(table);
    }

    private static void Density(Terminal terminal, PartSpectrum part)
    {
        terminal.Line();
        terminal.Heading("Density of the spectrum of all weights together");
        var (least, most) = (part.Density[0].Value, part.Density[^1].Value);
        var shares = new double[Bins];
        foreach (var (value, share) in part.Density)
            shares[most == least ? 0 : Math.Min(Bins - 1, (int)((value - least) / (most - least) * Bins))] += share;
        var table = new TextTable(Column.Number("from"), Column.Number("to"), Column.Number("share"), Column.Name(""));
        for (var bin = 0; bin < Bins; bin++)
            table.Row(
                Figures.Value(least + (most - least) * bin / Bins),
                Figures.Value(least + (most - least) * (bin + 1) / Bins),
                Figures.Share(shares[bin]),
                Figures.Bar(shares[bin], shares.Max(), BarWidth)
            );
        terminal.Table(table);
    }

    private static string Bound(double bound) => bound.ToString("G2", System.Globalization.CultureInfo.InvariantCulture);
}
