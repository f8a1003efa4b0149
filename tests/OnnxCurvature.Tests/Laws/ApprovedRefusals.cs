using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// What the laws may refuse, in Goldens/refusals.txt: the law, the sample, and the sentence. A refusal passes only where it is listed, and
/// what is listed must be refused. The list is rewritten only where UPDATE_GOLDENS is 1.
/// </summary>
internal static class ApprovedRefusals
{
    private static readonly string Path = System.IO.Path.Combine(
        Repository.Root,
        "tests",
        "OnnxCurvature.Tests",
        "Goldens",
        "refusals.txt"
    );

    private static readonly Lock Writing = new();
    private static readonly SortedDictionary<string, string> Approved = Read();

    /// <summary>Compares what came of a law at a sample with the list.</summary>
    /// <param name="part">What of the law it is; empty for the whole.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="refusal">The sentence of the refusal; null where the law holds.</param>
    public static void Check(string part, OperatorSample sample, string? refusal)
    {
        var method = TestContext.Current.TestMethod!;
        var key = $"{method.TestClass.TestClassSimpleName}.{method.MethodName}{part} | {sample}";
        var line = refusal?.ReplaceLineEndings(" ");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
            Write(key, line);
        lock (Writing)
            Assert.Equal(Approved.GetValueOrDefault(key), line);
    }

    private static void Write(string key, string? line)
    {
        lock (Writing)
        {
            if (Approved.GetValueOrDefault(key) == line)
                return;
            Approved.Remove(key);
            if (line is not null)
                Approved[key] = line;
            File.WriteAllText(Path, string.Concat(Approved.Select(entry => $"{entry.Key} | {entry.Value}\n")));
        }
    }

    private static SortedDictionary<string, string> Read()
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.Exists(Path) ? File.ReadLines(Path) : [])
            if (line.Split(" | ", 3) is [var law, var sample, var refusal])
                lines[$"{law} | {sample}"] = refusal;
        return lines;
    }
}
