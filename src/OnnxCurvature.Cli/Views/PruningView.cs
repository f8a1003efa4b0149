using System.Collections.Immutable;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Cli.Arguments;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what pruning takes from a network.</summary>
internal static class PruningView
{
    private const int BarWidth = 16;

    /// <summary>Shows a result, and the losses that were measured.</summary>
    public static void Show(Terminal terminal, PruningResult result, ImmutableArray<PruningPoint> curve, IReadOnlyList<string> files)
    {
        terminal.Heading("Result");
        var error = result.Error == 0 ? "" : $" ± {Figures.Value(result.Error)}";
        terminal.Line(
            $"  loss {Figures.Value(result.Loss)}; {Figures.Share(result.Sparsity)} of the entries become zero, at a predicted change of "
                + $"{Figures.Value(result.Predicted)}{error}"
        );
        var column = NodeNames.ColumnFor(result.Layers.Select(layer => (layer.Weight, layer.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weight"),
            Column.Text(""),
            Column.Number("entries", 2),
            Column.Number("pruned"),
            Column.Name("", 4),
            Column.Number("predicted change"),
        ]);
        foreach (var layer in result.Layers)
            table.Row([
                .. NodeNames.Cells(column, layer.Node),
                layer.Weight,
                layer.IsExact ? "exact" : "estimated",
                Figures.Count(layer.Keeps.Length),
                Figures.Share((double)layer.Pruned / layer.Keeps.Length),
                Figures.Bar(layer.Pruned, layer.Keeps.Length, BarWidth),
                Figures.Value(layer.Predicted) + (layer.IsExact ? "" : $" ± {Figures.Value(layer.Error)}"),
            ]);
        terminal.Table(table);
        Curve(terminal, curve);
        if (files.Count > 0)
        {
            terminal.Line();
            terminal.Line($"Written: {string.Join(", ", files)}");
        }
    }

    private static void Curve(Terminal terminal, ImmutableArray<PruningPoint> curve)
    {
        if (curve.IsEmpty)
            return;
        terminal.Line();
        terminal.Heading("Losses on held data");
        var scores = Enum.GetValues<PruningScore>();
        var table = new TextTable([Column.Number("sparsity"), .. scores.Select(score => Column.Number(PruningArguments.Name(score)))]);
        foreach (var point in curve)
            table.Row([Figures.Share(point.Sparsity), .. scores.Select(score => Figures.Value(point.Losses[score]))]);
        terminal.Table(table);
    }
}
