using OnnxCurvature.Runtime;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what a verification found.</summary>
internal static class VerifyView
{
    /// <summary>Shows, by tensor and kind of check, how many entries agree; and every entry that does not.</summary>
    public static void Show(Terminal terminal, VerifyReport report)
    {
        terminal.Heading("Verification");
        var table = Tables.Of("tensor", "checked against", ">agree", ">largest difference", ">of tolerance");
        foreach (var group in report.Entries.GroupBy(entry => (entry.Name, entry.Check)))
        {
            var worst = group.MaxBy(Excess)!;
            table.Row(group.Key.Name, group.Key.Check, $"{group.Count(entry => entry.Agrees)} of {group.Count()}",
                Figures.Value(Math.Abs(worst.Computed - worst.Reference)), Share(worst));
        }
        terminal.Table(table);
        terminal.Line();
        var wrong = report.Entries.Where(entry => !entry.Agrees).OrderByDescending(Excess).ToArray();
        if (wrong.Length > 0)
        {
            terminal.Heading("Entries that do not agree");
            var entries = Tables.Of("entry", "checked against", ">computed", ">reference", ">tolerance");
            foreach (var entry in wrong)
                entries.Row(entry.Name + Figures.Index(entry.Index), entry.Check, Figures.Value(entry.Computed), Figures.Value(entry.Reference), Figures.Value(entry.Tolerance));
            terminal.Table(entries);
            terminal.Line();
        }
        terminal.Line(report.Entries.IsEmpty
            ? "Nothing was checked."
            : wrong.Length == 0
                ? $"All {Figures.Count(report.Entries.Length)} checks agree."
                : $"{Figures.Count(wrong.Length)} of {Figures.Count(report.Entries.Length)} checks do not agree.");
    }

    /// <summary>A difference in units of its tolerance; infinite where the entries cannot be compared.</summary>
    private static double Excess(VerifyEntry entry)
    {
        var difference = Math.Abs(entry.Computed - entry.Reference);
        return difference == 0 ? 0 : double.IsNaN(difference) ? double.PositiveInfinity : difference / entry.Tolerance;
    }

    private static string Share(VerifyEntry entry) => double.IsInfinity(Excess(entry)) ? "∞" : Figures.Share(Excess(entry));
}
