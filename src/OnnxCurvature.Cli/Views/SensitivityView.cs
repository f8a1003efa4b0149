using System.Globalization;
using OnnxCurvature.Analysis.Quantization;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what quantization does to a network.</summary>
internal static class SensitivityView
{
    /// <summary>The most sensitive weights of each scheme that are shown; the files have all.</summary>
    private const int Shown = 6;

    /// <summary>Shows a result.</summary>
    public static void Show(Terminal terminal, QuantizationResult result, IEnumerable<string> files)
    {
        terminal.Heading("Result");
        terminal.Line($"  loss {Figures.Value(result.Loss)}");
        foreach (var scheme in result.Nodes.GroupBy(node => node.Scheme))
            Show(terminal, scheme.Key, [.. scheme]);
        Correlations(terminal, result);
        if (result.Choice is { } choice)
            Show(terminal, choice);
        terminal.Line();
        terminal.Line($"Written: {string.Join(", ", files)}");
    }

    private static void Show(Terminal terminal, QuantizationScheme scheme, NodeSensitivity[] nodes)
    {
        terminal.Line();
        terminal.Heading(scheme.Name);
        var column = NodeNames.ColumnFor(nodes.Select(node => (node.Weight, node.Node)));
        var table = new TextTable([
            .. column,
            Column.Name("weight"),
            Column.Text(""),
            Column.Number("predicted change"),
            Column.Number("measured"),
            Column.Number("first order", 3),
            Column.Number("‖Δw‖²", 4),
        ]);
        foreach (var node in nodes.Take(Shown))
            table.Row([
                .. NodeNames.Cells(column, node.Node),
                node.Weight,
                node.IsExact ? "exact" : "estimated",
                Figures.Value(node.Predicted) + (node.IsExact ? "" : $" ± {Figures.Value(node.Error)}"),
                node.Measured is { } measured ? Figures.Value(measured) : "",
                Figures.Value(node.FirstOrder),
                Figures.Value(node.WeightError),
            ]);
        terminal.Table(table);
        var error = nodes.All(node => node.IsExact) ? "" : $" ± {Figures.Value(nodes.Sum(node => node.Error))}";
        terminal.Line($"  all {Figures.Count(nodes.Length)} together: {Figures.Value(nodes.Sum(node => node.Predicted))}{error}");
    }

    private static void Correlations(Terminal terminal, QuantizationResult result)
    {
        if (result.Correlations.IsEmpty)
            return;
        terminal.Line();
        terminal.Heading("Rank correlation with the measured changes");
        var table = new TextTable(
            Column.Name("scheme"),
            Column.Number("weights"),
            Column.Number("g·Δw + ½ΣHΔw²"),
            Column.Number("ΣΔw²E[x²]"),
            Column.Number("‖Δw‖²")
        );
        foreach (var correlation in result.Correlations)
            table.Row(
                correlation.Scheme.Name,
                Figures.Count(correlation.Weights),
                Rank(correlation.Predicted),
                Rank(correlation.InputWeighted),
                Rank(correlation.WeightError)
            );
        terminal.Table(table);
    }

    private static void Show(Terminal terminal, ChosenBits choice)
    {
        terminal.Line();
        terminal.Heading($"Bits for {Figures.Bytes(choice.TargetBytes)}");
        terminal.Line(
            $"  {Figures.Bytes(choice.Bytes)} in place of {Figures.Bytes(choice.FloatBytes)}, at a predicted change of the loss of "
                + $"{Figures.Value(choice.Predicted)}."
        );
        foreach (var bits in choice.Nodes.GroupBy(node => node.Bits).OrderBy(group => group.Key))
            terminal.Item($"{bits.Key} bits: {string.Join(", ", bits.Select(node => node.Node))}");
    }

    private static string Rank(double correlation) => correlation.ToString("0.00", CultureInfo.InvariantCulture);
}
