using System.Globalization;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Inspection;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what there is to know of a model.</summary>
internal static class InspectView
{
    /// <summary>The most weights that are shown; people read no more, and a model may hold any number that nothing uses.</summary>
    private const int MostRows = 2000;

    /// <summary>Shows a report.</summary>
    public static void Show(Terminal terminal, InspectReport report)
    {
        terminal.Line($"{report.Path}: IR version {report.IrVersion}, opset {report.Opset}");
        Values(terminal, "Inputs", report.Inputs);
        Values(terminal, "Outputs", report.Outputs);
        if (report.Augmented is { } augmented)
            Augmented(terminal, augmented);
        else
            Weights(terminal, report);
        FormulaConstants(terminal, report);
        Operators(terminal, report);
        if (!report.Losses.IsEmpty && report.Augmented is null)
        {
            terminal.Line();
            terminal.Heading("Losses that fit");
            var table = new TextTable(Column.Name("--loss"), Column.Text("because"));
            foreach (var (loss, reason) in report.Losses)
                table.Row(loss, reason);
            terminal.Table(table);
        }
        if (!report.Notes.IsEmpty)
            terminal.Line();
        PlanView.Notes(terminal, report.Notes);
    }

    private static void Values(Terminal terminal, string heading, IEnumerable<(string Name, string Type)> values)
    {
        terminal.Line();
        terminal.Heading(heading);
        var table = new TextTable(Column.Name("name"), Column.Name("type"));
        foreach (var (name, type) in values)
            table.Row(name, type);
        terminal.Table(table);
    }

    /// <summary>Shows what an augmented model was compiled for, and how it is run.</summary>
    private static void Augmented(Terminal terminal, AugmentedModel model)
    {
        terminal.Line();
        terminal.Heading("Augmented model");
        terminal.Line($"  made of '{model.Source}' by version {model.Version}, profile {model.Profile}");
        terminal.Line($"  SHA-256 of the source: {model.SourceSha256}");
        terminal.Line($"  loss {model.Loss}, reduction {model.Reduction}");
        terminal.Item($"Derivatives by: {Lists.Short(model.WithRespectTo)}");
        terminal.Item($"Results: {Lists.Short(model.Results)}");
        terminal.Item(model.CallingConvention);
        foreach (var method in model.Methods.Take(PlanView.MostNotes))
            terminal.Item(method);
    }

    private static void Weights(Terminal terminal, InspectReport report)
    {
        terminal.Line();
        var total = report.Weights.Sum(weight => weight.Elements);
        terminal.Heading($"Weights ({Figures.Count(report.Weights.Length)}, with {Figures.Count(total)} entries)");
        if (report.Weights.IsEmpty)
            return;
        if (!report.Losses.IsEmpty)
            terminal.Line($"  For one batch, with 1 for symbolic dimensions, the Hessian diagonal of {report.Losses[0].Loss} takes:");
        var shown = report.Weights.Take(MostRows).ToArray();
        var nodes = NodeNames.ColumnFor(shown.Select(weight => (weight.Name, weight.Nodes)));
        var table = new TextTable([
            Column.Name("name"),
            .. nodes,
            Column.Name("type", 4),
            Column.Number("entries"),
            Column.Text("method", 2),
            Column.Number("directions", 5),
            Column.Number("at a time", 7),
            Column.Number("GFLOP", 6),
            Column.Number("memory", 3),
        ]);
        foreach (var weight in shown)
            table.Row([weight.Name, .. NodeNames.Cells(nodes, weight.Nodes), weight.Type, Figures.Count(weight.Elements), .. Plan(weight)]);
        terminal.Table(table);
        if (report.Weights.Length > MostRows)
            terminal.Item($"{Figures.Count(report.Weights.Length - MostRows)} more weights are listed by --json.");
        var obstacles = report.Weights.Where(weight => weight.Obstacle is not null).GroupBy(weight => weight.Obstacle!).ToArray();
        foreach (var obstacle in obstacles.Take(PlanView.MostNotes))
            terminal.Item($"{Lists.Short(obstacle.Select(weight => weight.Name))}: {obstacle.Key}");
        if (obstacles.Length > PlanView.MostNotes)
            terminal.Item($"{obstacles.Length - PlanView.MostNotes} more reasons are not shown.");
    }

    private static string[] Plan(InspectedWeight weight) =>
        weight.Plan is { } plan
            ?
            [
                plan.Method,
                Figures.Count(plan.Directions),
                Figures.Count(plan.ChunkSize),
                Figures.GigaFlops(plan.Flops),
                Figures.Bytes(plan.MemoryBytes),
            ]
            : ["none", "", "", "", ""];

    /// <summary>Shows the constants that patterns leave out, in one sentence.</summary>
    private static void FormulaConstants(Terminal terminal, InspectReport report)
    {
        if (!report.FormulaConstants.IsEmpty)
            terminal.Item(
                "No weights but constants of formulas, which --wrt takes by their own names alone: "
                    + Lists.Short(report.FormulaConstants.Select(constant => constant.Name))
            );
    }

    private static void Operators(Terminal terminal, InspectReport report)
    {
        terminal.Line();
        terminal.Heading("Operators");
        var table = new TextTable(Column.Name("name"), Column.Number("nodes"), Column.Text("derivative"));
        foreach (var entry in report.Operators)
            table.Row(
                entry.Name,
                entry.Count.ToString(CultureInfo.InvariantCulture),
                entry.Obstacle is null ? "yes" : $"no: {entry.Obstacle}"
            );
        terminal.Table(table);
    }
}
