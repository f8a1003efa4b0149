using System.Collections.Immutable;
using OnnxCurvature.Methods;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows how results will be computed, and why that way.</summary>
internal static class PlanView
{
    /// <summary>Shows a plan.</summary>
    public static void Show(Terminal terminal, PlanOverview plan)
    {
        terminal.Heading("Plan");
        Methods(terminal, plan.Methods);
        if (plan is { Batches: { } batches, Flops: { } flops, MemoryBytes: { } memory })
            terminal.Line($"  {Figures.Count(batches)} {(batches == 1 ? "batch" : "batches")} of about {Figures.GigaFlops(flops)} GFLOP, and {Figures.Bytes(memory)} of memory beside the weights.");
        Notes(terminal, plan.Notes);
        terminal.Line();
    }

    /// <summary>Shows methods as a table, and then the reasons, each once.</summary>
    public static void Methods(Terminal terminal, ImmutableArray<WeightPlan> methods)
    {
        if (methods.IsEmpty)
            return;
        var table = Tables.Of("target", "quantity", "method", ">columns × chunk", ">GFLOP", ">memory");
        foreach (var plan in methods)
            table.Row(plan.Target, plan.Quantity.Name(), plan.Method, Figures.Columns(plan), Figures.GigaFlops(plan.Flops), Figures.Bytes(plan.MemoryBytes));
        terminal.Table(table);
        foreach (var reason in methods.GroupBy(plan => plan.Reason))
            terminal.Item(methods.Select(plan => plan.Reason).Distinct().Count() == 1
                ? reason.Key
                : $"{string.Join(", ", reason.Select(plan => plan.Quantity.OutputName(plan.Target)))}: {reason.Key}");
    }

    /// <summary>Shows notes.</summary>
    public static void Notes(Terminal terminal, ImmutableArray<string> notes)
    {
        if (notes.IsEmpty)
            return;
        terminal.Heading("Notes");
        foreach (var note in notes)
            terminal.Item(note);
    }
}
