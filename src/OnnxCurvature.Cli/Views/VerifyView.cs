using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what a verification found.</summary>
internal static class VerifyView
{
    /// <summary>Shows, by tensor and kind of check, how many entries agree; and every entry that does not.</summary>
    public static void Show(Terminal terminal, CheckReport report)
    {
        terminal.Heading("Verification");
        var table = new TextTable(
            Column.Name("tensor"),
            Column.Text("checked against"),
            Column.Number("agree"),
            Column.Number("largest difference", 2),
            Column.Number("of tolerance", 1),
            Column.Number("for rounding", 3)
        );
        foreach (var group in report.Entries.GroupBy(entry => (entry.Name, entry.Check)))
        {
            var worst = group.MaxBy(entry => entry.Excess)!;
            table.Row(
                group.Key.Name,
                group.Key.Check,
                $"{group.Count(entry => entry.Agrees)} of {group.Count()}",
                Figures.Value(Math.Abs(worst.Computed - worst.Reference)),
                Share(worst),
                Figures.Value(worst.Rounding)
            );
        }
        terminal.Table(table);
        terminal.Line();
        var wrong = report.Entries.Where(entry => !entry.Agrees).OrderByDescending(entry => entry.Excess).ToArray();
        if (wrong.Length > 0)
        {
            terminal.Heading("Entries that do not agree");
            var entries = new TextTable(
                Column.Name("entry"),
                Column.Text("checked against", 1),
                Column.Number("computed"),
                Column.Number("reference"),
                Column.Number("tolerance"),
                Column.Number("for rounding", 2)
            );
            foreach (var entry in wrong)
                entries.Row(
                    entry.Name + Figures.Index(entry.Index),
                    entry.Check,
                    Figures.Value(entry.Computed),
                    Figures.Value(entry.Reference),
                    Figures.Value(entry.Tolerance),
                    Figures.Value(entry.Rounding)
                );
            terminal.Table(entries);
            terminal.Line();
        }
        if (report.Entries.Count(entry => entry.AgreesByRounding) is > 0 and var byRounding)
            terminal.Line(
                $"{Figures.Count(byRounding)} of {Figures.Count(report.Entries.Length)} checks agree only within what rounding makes of "
                    + $"terms that cancel; no more can be inferred of these entries in this precision."
            );
        terminal.Line(
            report.Entries.IsEmpty ? "Nothing was checked."
            : wrong.Length == 0 ? $"All {Figures.Count(report.Entries.Length)} checks agree."
            : $"{Figures.Count(wrong.Length)} of {Figures.Count(report.Entries.Length)} checks do not agree."
        );
    }

    private static string Share(VerifyEntry entry) => double.IsInfinity(entry.Excess) ? "∞" : Figures.Share(entry.Excess);
}
