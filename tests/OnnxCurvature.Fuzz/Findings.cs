using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OnnxCurvature.Fuzz;

/// <summary>The faults that were found, each kind once: the input, and beside it what happened.</summary>
internal sealed class Findings(string folder)
{
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);

    /// <summary>How many kinds there are.</summary>
    public int Count => _kinds.Count;

    /// <summary>The key of a kind of fault: the exception, and where in the library it was thrown.</summary>
    public static string KindOf(Exception fault)
    {
        var cause = fault is InternalErrorException { InnerException: { } inner } ? inner : fault;
        var lines = (cause.StackTrace ?? "")
            .Split('\n')
            .Where(line => line.Contains("OnnxCurvature", StringComparison.Ordinal))
            .Take(3)
            .Select(line => line.Split(" in ")[0].Trim());
        return $"{cause.GetType().Name} {string.Join(" < ", lines)}";
    }

    /// <summary>Whether a kind of fault was not found before.</summary>
    public bool IsNew(FuzzTarget target, string kind) => !_kinds.Contains($"{target.Name} {kind}");

    /// <summary>Keeps an input where its kind of fault is new. Returns whether it is.</summary>
    public bool Add(FuzzTarget target, byte[] input, string kind, string description)
    {
        if (!_kinds.Add($"{target.Name} {kind}"))
            return false;
        Directory.CreateDirectory(folder);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(kind)))[..12];
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{target.Name}-{digest}{target.Extension}"));
        File.WriteAllBytes(path, input);
        File.WriteAllText(path + ".txt", $"{kind}\n\n{description}\n");
        return true;
    }
}
