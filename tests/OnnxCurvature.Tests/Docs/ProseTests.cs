using System.Text.RegularExpressions;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>The sentences of all pages are short enough to be read at once.</summary>
public sealed partial class ProseTests
{
    private const int MostWords = 29;

    public static TheoryData<string> Pages =>
        [
            "README.md",
            "CHANGELOG.md",
            "src/README.md",
            .. Files(".github", SearchOption.AllDirectories),
            // The page of types is made from docstrings, whose tables name types.
            .. Files("src/docs", SearchOption.TopDirectoryOnly).Where(page => page != "src/docs/api.md"),
        ];

    [Theory, MemberData(nameof(Pages))]
    public void No_sentence_has_thirty_words(string page) =>
        Assert.Empty(LongSentences(File.ReadAllText(Path.Combine(Repository.Root, page))));

    [Theory]
    [InlineData(29, 0)]
    [InlineData(30, 1)]
    public void Long_sentences_are_found_across_lines(int words, int found) =>
        Assert.Equal(found, LongSentences($"Short.\n\n- {string.Join('\n', Enumerable.Repeat("word", words))}. Next\n").Count());

    private static IEnumerable<string> Files(string folder, SearchOption depth) =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", depth)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> LongSentences(string text) =>
        Paragraphs(text)
            .SelectMany(paragraph => Ends().Split(Code().Replace(paragraph, "code")))
            .Where(sentence => sentence.Split(' ').Count(word => word.Any(char.IsLetterOrDigit)) > MostWords);

    /// <summary>Paragraphs and entries of lists, without code, tables and headings.</summary>
    private static IEnumerable<string> Paragraphs(string text)
    {
        var lines = new List<string>();
        foreach (var line in Fences().Replace(text, "").Split('\n').Append(""))
        {
            var isProse =
                line.Trim().Length > 0
                && line[0] is not ('#' or '|')
                && (lines.Count > 0 || !line.StartsWith("    ", StringComparison.Ordinal));
            if (lines.Count > 0 && (!isProse || Entry().IsMatch(line)))
            {
                yield return string.Join(' ', lines);
                lines.Clear();
            }
            if (isProse)
                lines.Add(Entry().Replace(line, "").Trim());
        }
    }

    [GeneratedRegex(@"```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^\s*([-*]|\d+\.) ")]
    private static partial Regex Entry();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<=[.:;?!])\s+")]
    private static partial Regex Ends();
}
