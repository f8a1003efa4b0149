using System.Collections.Immutable;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows how results will be computed, and why that way.</summary>
internal static class PlanView
{
    /// <summary>The most notes that are shown: a model may give cause for one with each of its nodes.</summary>
    public const int MostNotes = 100;

    private const int MostSources = 12;

    /// <summary>The most results whose reasons are all shown without being asked for; of more, one for each method.</summary>
    private const int MostReasons = 3;

    /// <summary>Shows a plan.</summary>
    public static void Show(Terminal terminal, PlanOverview plan, bool explain = false)
    {
        // A gradient alone has no method to show.
        if (!plan.Methods.IsEmpty || plan.Batches is not null)
            terminal.Heading("Plan");
        Methods(terminal, plan, explain);
        if (explain)
            Explain(terminal, plan.Methods);
        if (plan is { Batches: { } batches, Flops: { } flops, MemoryBytes: { } memory })
            terminal.Line(
                $"  {Figures.Count(batches)} {(batches == 1 ? "batch" : "batches")} of about {Figures.GigaFlops(flops)} GFLOP, and "
                    + $"{Figures.Bytes(memory)} of memory beside the "
                    + $"weights{Expected(plan.Estimate)}."
            );
        Notes(terminal, plan.Notes);
        if (!plan.Methods.IsEmpty || plan.Batches is not null || !plan.Notes.IsEmpty)
            terminal.Line();
    }

    /// <summary>Shows methods as a table, and then the reasons, each once; of many results, one of each method.</summary>
    private static void Methods(Terminal terminal, PlanOverview overview, bool explain)
    {
        var methods = overview.Methods;
        if (methods.IsEmpty)
            return;
        var nodes = NodeNames.ColumnFor(methods.Select(plan => (plan.Target, overview.NodeOf(plan.Target))));
        var table = new TextTable([
            Column.Name("target"),
            .. nodes,
            Column.Name("quantity", 3),
            Column.Text("method", 1),
            Column.Number("directions", 4),
            Column.Number("at a time", 6),
            Column.Number("GFLOP", 5),
            Column.Number("memory", 2),
        ]);
        foreach (var plan in methods)
            table.Row([
                plan.Target,
                .. NodeNames.Cells(nodes, overview.NodeOf(plan.Target)),
                plan.Quantity.Name(),
                plan.Method,
                Figures.Count(plan.Directions),
                Figures.Count(plan.ChunkSize),
                Figures.GigaFlops(plan.Flops),
                Figures.Bytes(plan.MemoryBytes),
            ]);
        terminal.Table(table);
        var reasons = methods.GroupBy(plan => plan.Reason).ToArray();
        var shown = explain || methods.Length <= MostReasons ? reasons : [.. reasons.DistinctBy(reason => reason.First().Method)];
        foreach (var reason in shown)
            terminal.Item(
                reasons.Length == 1
                    ? reason.Key
                    : $"{Lists.Short(reason.Select(plan => plan.Quantity.OutputName(plan.Target)))}: {reason.Key}"
            );
        if (shown.Length < reasons.Length)
            terminal.Item($"The reasons of {Figures.Count(reasons.Length - shown.Length)} more are alike; --explain shows them.");
    }

    /// <summary>Shows for each quantity the curvature sources and the ways that were weighed.</summary>
    private static void Explain(Terminal terminal, ImmutableArray<WeightPlan> methods)
    {
        foreach (var plan in methods.Where(plan => !plan.Candidates.IsEmpty))
        {
            terminal.Line();
            terminal.Line(
                $"  Ways to {plan.Quantity.OutputName(plan.Target)}, times of arithmetic at "
                    + $"{Figures.GigaFlops(MachineProfile.Default.ProductFlops)} GFLOP/s for each of {Environment.ProcessorCount} cores:"
            );
            var table = new TextTable(
                Column.Text("method"),
                Column.Name("at"),
                Column.Number("directions", 3),
                Column.Number("GFLOP", 4),
                Column.Number("memory", 2),
                Column.Number("time", 1),
                Column.Text("verdict")
            );
            foreach (var way in plan.Candidates)
                table.Row(
                    way.Method,
                    way.At,
                    Figures.Count((long)way.Directions),
                    Figures.GigaFlops(way.Flops),
                    Figures.Bytes(way.MemoryBytes),
                    Figures.Duration(way.Flops / (MachineProfile.Default.ProductFlops * Environment.ProcessorCount)),
                    way.Verdict
                );
            terminal.Table(table);
            var more = plan.Sources.Length > MostSources ? $" and {plan.Sources.Length - MostSources} more" : "";
            terminal.Item($"curvature sources: {string.Join(", ", plan.Sources.Take(MostSources))}{more}");
        }
    }

    private static string Expected((double Seconds, double PeakBytes)? estimate) =>
        estimate is { } whole
            ? $"; the run takes about {Figures.Duration(whole.Seconds)}, and the process {Figures.Bytes(whole.PeakBytes)}"
            : "";

    /// <summary>Shows notes.</summary>
    public static void Notes(Terminal terminal, ImmutableArray<string> notes)
    {
        if (notes.IsEmpty)
            return;
        terminal.Heading("Notes");
        foreach (var note in notes.Take(MostNotes))
            terminal.Item(note);
        if (notes.Length > MostNotes)
            terminal.Item($"{notes.Length - MostNotes} more are not shown.");
    }
}
