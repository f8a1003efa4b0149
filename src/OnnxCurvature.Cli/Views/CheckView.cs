using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what the check of a run found.</summary>
internal static class CheckView
{
    /// <summary>Shows the lines of the summary.</summary>
    public static void Show(Terminal terminal, CheckReport report)
    {
        if (!report.Entries.IsEmpty)
        {
            var agree = Figures.Count(report.Entries.Count(entry => entry.Agrees));
            var all = Figures.Count(report.Entries.Length + report.Undecided.Length);
            var within = report.LargestDifference.ToString("0.#e-0", CultureInfo.InvariantCulture);
            terminal.Line($"  checked: {agree} of {all} entries within {within}{Rounded(report)}");
        }
        if (!report.Undecided.IsEmpty)
            terminal.Line($"  not decided: {Undecided(report.Undecided)}");
        foreach (var group in report.Unchecked.GroupBy(result => result.Reason))
        {
            var names = group.Select(result => result.Name).Where(name => name.Length > 0).ToArray();
            var some = Lists.Short(names);
            terminal.Line(names.Length == 0 ? $"  not checked: {group.Key}" : $"  not checked: {some}, because {group.Key}");
        }
    }

    /// <summary>The text that is printed in place of results.</summary>
    public static string Describe(CheckReport report)
    {
        var wrong = report.Entries.Where(entry => !entry.Agrees).OrderByDescending(entry => entry.Excess).ToArray();
        var lines = wrong.Select(entry =>
            $"  {entry.Name}{Figures.Index(entry.Index)} is {Figures.Value(entry.Computed)},"
            + $" and the derivative of the graph is {Figures.Value(entry.Reference)};"
            + $" rounding explains at most {Figures.Value(entry.Tolerance)}"
        );
        return $"error: {Figures.Count(wrong.Length)} of {Figures.Count(report.Entries.Length)} checked entries are wrong,"
            + $" so nothing was written.\n{string.Join('\n', lines)}\n"
            + "This is a defect of the tool: please report it with the command, its data and the model, or a small model that shows it.\n"
            + "'verify' compares more entries; --no-check gives out the result nevertheless.";
    }

    private static string Undecided(ImmutableArray<VerifyEntry> entries)
    {
        var most = entries.MaxBy(entry => entry.Excess)!;
        var count = entries.Length == 1 ? "1 entry differs" : $"{Figures.Count(entries.Length)} entries differ";
        return $"{count} from the derivative of the graph, as {most.Name}{Figures.Index(most.Index)} does, which is"
            + $" {Figures.Value(most.Computed)} and should be {Figures.Value(most.Reference)}; whether that is rounding takes more time or"
            + " memory to find out than the check may take, and 'verify' or --precision float64 shows it";
    }

    private static string Rounded(CheckReport report) =>
        report.Entries.Count(entry => entry.AgreesByRounding) switch
        {
            0 => "",
            1 => "; 1 of them only within what rounding makes of terms that cancel",
            var count => $"; {Figures.Count(count)} of them only within what rounding makes of terms that cancel",
        };
}
