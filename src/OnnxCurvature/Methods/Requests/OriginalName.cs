using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// Finds the weight that became of a parameter of the network before its export. Exporters name nodes after the modules that they come
/// from, and give weights that they fold or transpose new names: <c>layer1.0.conv1.weight</c> is then <c>onnx::Conv_193</c>, which the
/// node <c>/layer1/layer1.0/conv1/Conv</c> uses.
/// </summary>
internal static class OriginalName
{
    private const int MostNear = 3;

    /// <summary>
    /// The weight and the node that uses it; null where no node comes from such a module, or where several weights of it may be meant.
    /// </summary>
    public static (Value Weight, string Node)? Find(ModelGraph model, string name)
    {
        string[] words = Words(name);
        if (words.Length < 2)
            return null;
        string[] module = words[..^1];
        var isBias = words[^1].Contains("bias", StringComparison.Ordinal);
        var fitting = Renamed(model)
            .Where(use => use.Module[^1] == module[^1] && Contains(use.Module, module))
            .Where(use => IsVector(use.Weight) == isBias)
            .ToArray();
        // The shortest path has the fewest modules that the name leaves out.
        var least = fitting.Select(use => use.Module.Length).DefaultIfEmpty().Min();
        var nearest = fitting.Where(use => use.Module.Length == least).DistinctBy(use => use.Weight).ToArray();
        return nearest.Length == 1 ? (nearest[0].Weight, nearest[0].Node) : null;
    }

    /// <summary>
    /// Weights with new names, each with a node, in the innermost of the modules that a name goes through; none where there is no such
    /// module. A BatchNormalization that was folded has no node, but the convolution that it went into is in the module of both.
    /// </summary>
    public static IReadOnlyList<(Value Weight, string Node)> Near(ModelGraph model, string name)
    {
        var renamed = Renamed(model).ToArray();
        string[] words = Words(name);
        for (var length = words.Length; length > 0; length--)
        {
            var inside = renamed.Where(use => Contains(use.Module, words[..length])).DistinctBy(use => use.Weight).Take(MostNear).ToArray();
            if (inside.Length > 0)
                return [.. inside.Select(use => (use.Weight, use.Node))];
        }
        return [];
    }

    /// <summary>The uses of weights that an exporter gave new names, in the order of the file, each with the modules of its node.</summary>
    private static IEnumerable<(Value Weight, string Node, string[] Module)> Renamed(ModelGraph model)
    {
        var uses = WeightUse.Of(model);
        return from weight in model.Weights
            where IsRenamed(weight.Name!)
            from use in uses[weight]
            let path = Words(use.Node)
            where path.Length > 1
            select (weight, use.Node, path[..^1]);
    }

    /// <summary>
    /// Whether an exporter made up a name: <c>onnx::Conv_193</c>, the name of a node's output, or one of a single word. A weight that kept
    /// its name did not become of a parameter of another name.
    /// </summary>
    private static bool IsRenamed(string name) =>
        name.Contains("::", StringComparison.Ordinal) || name.StartsWith('/') || Words(name).Length < 2;

    private static bool IsVector(Value weight) => weight.Type.Rank < 2;

    private static string[] Words(string name) => name.Split(['/', '.'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether words are among others in the same order.</summary>
    private static bool Contains(string[] path, string[] words)
    {
        var at = 0;
        foreach (var word in path)
            if (at < words.Length && word == words[at])
                at++;
        return at == words.Length;
    }
}
