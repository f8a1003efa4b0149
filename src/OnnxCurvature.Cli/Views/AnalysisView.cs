using System.Collections.Immutable;
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
        ShowPlan(
            terminal,
            (exact, analysis.ExactSeconds),
            (analysis.Layers.Length - exact, analysis.EstimateSeconds),
            options,
            [.. analysis.Notes, .. analysis.LeftOut.Select(weight => $"{weight.Weight} is left out: {weight.Reason}")]
        );
    }

    /// <summary>Shows how many weights are exact and how many estimated, how long each part takes, and notes.</summary>
    public static void ShowPlan(
        Terminal terminal,
        (int Weights, double Seconds) exact,
        (int Weights, double Seconds) estimated,
        AnalysisOptions options,
        ImmutableArray<string> notes
    )
    {
        terminal.Heading("Plan");
        terminal.Line(
            $"  {Figures.Count(exact.Weights)} of {Figures.Count(exact.Weights + estimated.Weights)} weights exactly, in about "
                + $"{Figures.Duration(exact.Seconds)}; the budget is {Figures.Duration(options.Budget.TotalSeconds)}."
        );
        if (estimated.Weights > 0)
            terminal.Line(
                $"  {Figures.Count(estimated.Weights)} by estimates of {Figures.Count(options.Probes)} probes, in about "
                    + $"{Figures.Duration(estimated.Seconds)}."
            );
        PlanView.Notes(terminal, notes);
        terminal.Line();
    }

    /// <summary>Shows the figures of a report.</summary>
    public static void ShowReport(Terminal terminal, ReportDocument report, IEnumerable<string> files)
    {
        terminal.Heading("Result");
        terminal.Line($"  loss {Figures.Value(report.Loss)} over {Figures.Samples(report.Samples)}, in {Figures.Duration(report.Seconds)}");
        var column = NodeNames.ColumnFor(report.Layers.Select(layer => (layer.Weight, layer.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weight"),
            Column.Text(""),
            Column.Number("trace"),
            Column.Name("", 3),
            Column.Number("mean", 4),
            Column.Number("largest", 2),
            Column.Number("negative", 5),
            Column.Number("zero", 7),
            Column.Number("gradient norm", 8),
        ]);
        var most = report.Layers.Max(layer => Math.Abs(layer.Trace));
        foreach (var layer in report.Layers)
            table.Row([
                .. NodeNames.Cells(column, layer.Node),
                layer.Weight,
                layer.Exact ? "exact" : Estimated(layer),
                Figures.Value(layer.Trace) + (layer.Exact ? "" : $" ± {Figures.Value(layer.TraceErrorBound)}"),
                Figures.Bar(Math.Abs(layer.Trace), most, BarWidth),
                Figures.Value(layer.Mean),
                Figures.Value(layer.Largest),
                Figures.Share(layer.NegativeShare),
                Figures.Share(layer.ZeroShare),
                Figures.Value(layer.GradientNorm),
            ]);
        terminal.Table(table);
        terminal.Line();
        terminal.Line($"Written: {string.Join(", ", files)}");
    }

    private static string Estimated(LayerEntry layer) =>
        layer.RelativeError is { } error ? $"estimated ± {Figures.Share(error)}" : "estimated";
}
