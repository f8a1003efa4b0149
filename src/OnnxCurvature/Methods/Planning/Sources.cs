using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Sentences about curvature sources.</summary>
internal static class Sources
{
    /// <summary>The first few sources among nodes, with a verb: <c>Softmax 'p' does</c>.</summary>
    public static string Listed(IEnumerable<Node> nodes, Survey survey)
    {
        var sources = survey.Sources.Intersect(nodes).ToArray();
        return $"{Names(sources)} {(sources.Length == 1 ? "does" : "do")}";
    }

    /// <summary>The names of nodes, of many only the first and their number.</summary>
    public static string Names(IReadOnlyList<Node> nodes) =>
        nodes.Count <= 3
            ? string.Join(" and ", nodes.Select(node => node.ToString()))
            : $"{nodes[0]}, {nodes[1]} and {nodes.Count - 2} more";
}
