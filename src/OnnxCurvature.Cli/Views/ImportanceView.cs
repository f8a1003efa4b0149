using OnnxCurvature.Analysis.Importance;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows the importance of weights.</summary>
internal static class ImportanceView
{
    private const int BarWidth = 16;

    /// <summary>Shows a result.</summary>
    public static void Show(Terminal terminal, ImportanceResult result, string path)
    {
        PlanView.Notes(terminal, result.Notes);
        terminal.Heading("Result");
        terminal.Line($"  loss {Figures.Value(result.Loss)} over {Figures.Samples(result.Samples)}");
        var column = NodeNames.ColumnFor(result.Layers.Select(layer => (layer.Weight, layer.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weight"),
            Column.Text(""),
            Column.Number("sum"),
            Column.Name("", 4),
            Column.Number("mean", 5),
            Column.Number("largest"),
            Column.Number("zero", 3),
        ]);
        var most = result.Layers.Max(layer => layer.Sum);
        foreach (var layer in result.Layers)
            table.Row([
                .. NodeNames.Cells(column, layer.Node),
                layer.Weight,
                layer.StandardErrors is null ? "exact" : "estimated",
                Figures.Value(layer.Sum) + (layer.StandardErrors is { } errors ? $" ± {Figures.Value(errors.Sum())}" : ""),
                Figures.Bar(layer.Sum, most, BarWidth),
                Figures.Value(layer.Sum / layer.Importance.Length),
                Figures.Value(layer.Importance.Max()),
                Figures.Share(layer.ZeroShare),
            ]);
        terminal.Table(table);
        terminal.Line();
        terminal.Line($"Written: {path}");
    }
}
