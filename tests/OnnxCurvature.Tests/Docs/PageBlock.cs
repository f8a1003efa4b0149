using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>Real output on pages, between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- end name --&gt;</c>.</summary>
internal static class PageBlock
{
    /// <summary>Finds lines in a page of <c>src/docs</c>, or writes them there where UPDATE_GOLDENS is 1.</summary>
    public static void Match(string page, string name, IEnumerable<string> rows)
    {
        string[] block = ["```text", .. rows, "```"];
        var path = Path.Combine(Repository.Root, "src", "docs", page);
        var lines = File.ReadAllLines(path);
        var (first, last) = (Array.IndexOf(lines, $"<!-- {name} -->"), Array.IndexOf(lines, $"<!-- end {name} -->"));
        Assert.True(first >= 0 && last > first, $"{page} has no block '{name}'.");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
            File.WriteAllLines(path, [.. lines[..(first + 1)], .. block, .. lines[last..]]);
        else
            Assert.Equal(block, lines[(first + 1)..last]);
    }
}
