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
        var column = NodeNames.ColumnFor(result.Layers.Select(layer => (layer.Weight, layer.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weight"),
            Column.Text("curvature"),
            Column.Number("entries", 1),
            Column.Number("mean variance"),
            Column.Number("largest variance"),
        ]);
        foreach (var layer in result.Layers)
            table.Row([
                .. NodeNames.Cells(column, layer.Node),
                layer.Weight,
                layer.IsExact ? "exact" : "estimated",
                Figures.Count(layer.Mean.Length),
                Figures.Value(layer.Variance.Average()),
                Figures.Value(layer.Variance.Max()),
            ]);
        terminal.Table(table);
        terminal.Line();
        terminal.Line($"The output '{outputs.Variance}' is the predictive variance of '{outputs.Mean}', linearized in the weights.");
        terminal.Line($"Written: {string.Join(", ", files)}");
    }
}
