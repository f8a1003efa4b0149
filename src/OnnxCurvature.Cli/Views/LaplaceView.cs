using OnnxCurvature.Analysis.Laplace;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows a posterior.</summary>
internal static class LaplaceView
{
    /// <summary>Shows a result.</summary>
    public static void Show(Terminal terminal, LaplaceResult result, (string Mean, string Variance) outputs, IEnumerable<string> files)
    {
        terminal.Heading("Result");
        terminal.Line(
            $"  sum of the losses {Figures.Value(result.Loss)}, prior precision {Figures.Value(result.PriorPrecision)}"
                + $"{(result.IsFitted ? " (fitted)" : "")}, log marginal likelihood {Figures.Value(result.LogMarginalLikelihood)}"
        );
        var table = new TextTable(
            Column.Name("node", 1),
            Column.Name("weight"),
            Column.Text("curvature", 2),
            Column.Number("entries"),
            Column.Number("mean variance"),
            Column.Number("largest variance")
        );
        foreach (var layer in result.Layers)
            table.Row(
                layer.Node,
                layer.Weight,
                layer.IsExact ? "exact" : "estimated",
                Figures.Count(layer.Mean.Length),
                Figures.Value(layer.Variance.Average()),
                Figures.Value(layer.Variance.Max())
            );
        terminal.Table(table);
        terminal.Line();
        terminal.Line($"The output '{outputs.Variance}' is the predictive variance of '{outputs.Mean}', linearized in the weights.");
        terminal.Line($"Written: {string.Join(", ", files)}");
    }
}
