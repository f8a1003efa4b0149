namespace OnnxCurvature.Cli.Views;

/// <summary>The names of nodes beside those of weights, where they say more.</summary>
internal static class NodeNames
{
    /// <summary>The column of nodes in a table of weights, or none where it says no more than the names of the weights.</summary>
    public static Column[] ColumnFor(IEnumerable<(string Name, string Node)> weights) =>
        weights.Any(weight => SaysMore(weight.Name, weight.Node)) ? [Column.Name("node")] : [];

    /// <summary>The cells of one weight in such a column.</summary>
    public static string[] Cells(Column[] column, string nodes) => [.. column.Select(_ => Short(nodes))];

    /// <summary>The first node of a weight, and how many more there are: the bias of a shared layer may have a dozen.</summary>
    public static string Short(string nodes)
    {
        var names = nodes.Split(", ");
        return names.Length == 1 ? nodes : $"{names[0]} and {Figures.Count(names.Length - 1)} more";
    }

    /// <summary>
    /// Whether the nodes say more than the weight: the name of a weight such as <c>onnx::Conv_193</c> says nothing, that of
    /// <c>conv1.weight</c> all that its node <c>/conv1/Conv</c> says.
    /// </summary>
    public static bool SaysMore(string weight, string nodes)
    {
        var words = Words(weight).ToHashSet(StringComparer.Ordinal);
        string[] path = [.. Words(nodes)];
        // The last word of a path is the operator.
        var said = path.Length > 1 ? path[..^1] : path;
        return nodes.Length > 0 && !said.All(words.Contains);
    }

    private static string[] Words(string name) => name.Split(['/', '.', ' ', ','], StringSplitOptions.RemoveEmptyEntries);
}
