using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// Finds the weight that became of a parameter of the network before its export. Exporters name nodes after the modules that they come
/// from, and give weights that they fold or transpose new names: <c>layer1.0.conv1.weight</c> is then <c>onnx::Conv_193</c>, which the
/// node <c>/layer1/layer1.0/conv1/Conv</c> uses.
/// </summary>
internal static class OriginalName
{
    /// <summary>The weight and the node that uses it, or null where no node comes from such a module.</summary>
    public static (Value Weight, string Node)? Find(ModelGraph model, string name)
    {
        string[] words = Words(name);
        if (words.Length < 2)
            return null;
        string[] module = words[..^1];
        var candidates =
            from entry in WeightUse.Of(model)
            from use in entry.Value
            let path = Words(use.Node)
            where path.Length > 1 && path[^2] == module[^1] && Contains(path[..^1], module)
            orderby path.Length, IsBias(words[^1]) == IsVector(entry.Key) ? 0 : 1
            select (entry.Key, use.Node);
        (Value Weight, string Node)? found = candidates.Select(candidate => ((Value, string)?)candidate).FirstOrDefault();
        return found is { } one && IsBias(words[^1]) == IsVector(one.Weight) ? one : null;
    }

    private static bool IsBias(string word) => word == "bias";

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
