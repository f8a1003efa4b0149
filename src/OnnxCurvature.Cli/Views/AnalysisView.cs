using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows the plan and the figures of an analysis.</summary>
internal static class AnalysisView
{
    private const int BarWidth = 16;

    /// <summary>Shows what will be exact, and how long it takes.</summary>
    public static void ShowPlan(Terminal terminal, PreparedAnalysis analysis, AnalysisOptions options)
    {
        var exact = analysis.Layers.Count(layer => layer.IsExact);
        terminal.Heading("Plan");
        terminal.Line(
            $"  {Figures.Count(exact)} of {Figures.Count(analysis.Layers.Length)} weights exactly, in about "
                + $"{Figures.Duration(analysis.ExactSeconds)}; the budget is {Figures.Duration(options.Budget.TotalSeconds)}."
        );
        if (exact < analysis.Layers.Length)
            terminal.Line(
                $"  {Figures.Count(analysis.Layers.Length - exact)} by estimates of {Figures.Count(options.Probes)} probes, in about "
                    + $"{Figures.Duration(analysis.EstimateSeconds)}."
            );
        PlanView.Notes(
            terminal,
            [.. analysis.Notes, .. analysis.LeftOut.Select(weight => $"{weight.Weight} is left out: {weight.Reason}")]
        );
        terminal.Line();
    }

    /// <summary>Shows the figures of a report.</summary>
    public static void ShowReport(Terminal terminal, ReportDocument report, IEnumerable<string> files)
    {
        terminal.Heading("Result");
        terminal.Line(
            $"  loss {Figures.Value(report.Loss)} over {Figures.Count(report.Samples)} samples, in {Figures.Duration(report.Seconds)}"
        );
        var table = new TextTable(
            Column.Name("node", 6),
            Column.Name("weight"),
            Column.Text("", 1),
            Column.Number("trace"),
            Column.Name("", 2),
            Column.Number("mean", 4),
            Column.Number("largest", 3),
            Column.Number("negative", 5),
            Column.Number("zero", 7),
            Column.Number("gradient norm", 8)
        );
        var most = report.Layers.Max(layer => Math.Abs(layer.Trace));
        foreach (var layer in report.Layers)
            table.Row(
                layer.Node,
                layer.Weight,
                layer.Exact ? "exact" : Estimated(layer),
                Figures.Value(layer.Trace) + (layer.Exact ? "" : $" ± {Figures.Value(layer.TraceErrorBound)}"),
                Figures.Bar(Math.Abs(layer.Trace), most, BarWidth),
                Figures.Value(layer.Mean),
                Figures.Value(layer.Largest),
                Figures.Share(layer.NegativeShare),
                Figures.Share(layer.ZeroShare),
                Figures.Value(layer.GradientNorm)
            );
        terminal.Table(table);
        terminal.Line();
        terminal.Line($"Written: {string.Join(", ", files)}");
    }

    private static string Estimated(LayerEntry layer) =>
        layer.RelativeError is { } error ? $"estimated ± {Figures.Share(error)}" : "estimated";
}
