using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OnnxCurvature.Benchmarks;

/// <summary>Runs the cases of the suite without a bound on memory and under three, and writes what the processes held and took.</summary>
/// <param name="workspace">The networks and the tool.</param>
/// <param name="only">The beginnings of the names of networks, or of networks and weights; none for all.</param>
/// <param name="log">Receives a line for each run.</param>
internal sealed partial class MemoryTable(Workspace workspace, IReadOnlyCollection<string> only, TextWriter log)
{
    private const string Unbounded = "none";

    private static readonly string[] Bounds = [Unbounded, "1G", "2G", "3G"];

    /// <summary>
    /// Measures and writes the file, anew after each case. Throws <see cref="InvalidOperationException"/> where a process held more than
    /// its bound, or ended with anything but a result or a refusal.
    /// </summary>
    public void Write(string path)
    {
        var (before, rows) = (Machine.Load(), new StringBuilder());
        foreach (var entry in SuiteCases.Entries)
        {
            var name = $"{entry.Network}, {entry.Weight}{(entry.Quantity == SuiteCases.Diagonal ? "" : $", {entry.Quantity}")}";
            if (only.Count > 0 && !only.Any(start => name.StartsWith(start, StringComparison.Ordinal)))
                continue;
            rows.Append(CultureInfo.InvariantCulture, $"| {name} |");
            foreach (var bound in Bounds)
            {
                var cell = Measure(entry, bound);
                log.WriteLine($"{name}, --memory {bound}: {cell}");
                rows.Append(CultureInfo.InvariantCulture, $" {cell} |");
            }
            rows.Append('\n');
            // Measurements are kept, whatever comes after.
            File.WriteAllText(path, Text(before, rows));
        }
    }

    private string Measure(SuiteCases.Entry entry, string bound)
    {
        var command = SuiteCases.Command(workspace.Suite(), entry, workspace.Scratch("memory.npz"));
        var outcome = workspace.TryTool(bound == Unbounded ? command : [.. command, "--memory", bound]);
        var peak = outcome.PeakBytes / (double)(1 << 20);
        if (bound != Unbounded && outcome.PeakBytes > BytesOf(bound))
            throw new InvalidOperationException(
                $"{entry.Network}, {entry.Weight} held {peak.ToString("0", CultureInfo.InvariantCulture)} MiB under --memory {bound}."
            );
        return outcome.ExitCode switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"{outcome.Seconds:0.0} s, {peak:0} MiB"),
            // A sentence that names what it takes, or one for a bound that nothing fits into.
            2 when Needed().Match(outcome.Error) is { Success: true } match => $"refused: {match.Groups[1]}",
            2 => $"refused: {outcome.Error.ReplaceLineEndings(" ").Trim()}",
            _ => throw new InvalidOperationException($"{entry.Network}, {entry.Weight} ended with {outcome.ExitCode}: {outcome.Error}"),
        };
    }

    private static long BytesOf(string bound) => long.Parse(bound[..^1], CultureInfo.InvariantCulture) << 30;

    private string Text(double before, StringBuilder rows)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"# Networks under bounds on memory\n\nMeasured on {DateTime.UtcNow:yyyy-MM-dd} by\n`dotnet run -c Release --project "
                + $"tests/OnnxCurvature.Benchmarks -- memory{(workspace.Published is null ? "" : " --published onnx-curvature")}`, "
                + $"once each{(only.Count > 0 ? ", some of the cases" : "")}.\n\n"
        );
        foreach (var fact in Machine.Describe(workspace).Where(fact => !fact.Contains("PyTorch", StringComparison.Ordinal)))
            text.Append(CultureInfo.InvariantCulture, $"- {fact}\n");
        text.Append(CultureInfo.InvariantCulture, $"- Load before: {before:0.00}, after: {Machine.Load():0.00}\n\n");
        text.Append("A cell has the time of the whole process and the most memory that it held. A run that would exceed the bound is ");
        text.Append("refused before it starts,\nwith the least that it would take. ");
        text.Append("A process that held more than its bound would end this command.\n\n");
        text.Append("| case | no bound | 1 GiB | 2 GiB | 3 GiB |\n|---|---|---|---|---|\n").Append(rows);
        return text.ToString();
    }

    [GeneratedRegex(@"(?:takes less than|takes?) (about [\d.]+ [MG]iB)", RegexOptions.CultureInvariant)]
    private static partial Regex Needed();
}
