namespace OnnxCurvature.Cli.Views;

/// <summary>The names of nodes beside those of weights, where they say more.</summary>
internal static class NodeNames
{
    /// <summary>
    /// Whether a table of weights needs a column for their nodes: the name of a weight such as <c>onnx::Conv_193</c> says nothing, that of
    /// <c>conv1.weight</c> all that its node <c>/conv1/Conv</c> says.
    /// </summary>
    public static bool AreNeeded(IEnumerable<(string Name, string Node)> weights) => weights.Any(SaysMore);

    private static bool SaysMore((string Name, string Node) weight)
    {
        var words = Words(weight.Name).ToHashSet(StringComparer.Ordinal);
        string[] path = [.. Words(weight.Node)];
        // The last word of a path is the operator.
        var said = path.Length > 1 ? path[..^1] : path;
        return weight.Node.Length > 0 && !said.All(words.Contains);
    }

    private static string[] Words(string name) => name.Split(['/', '.', ' ', ','], StringSplitOptions.RemoveEmptyEntries);
}
