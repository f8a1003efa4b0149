using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Rules that hold for every file.</summary>
public sealed partial class HygieneTests
{
    /// <summary>The most lines of a file: what the product is made of is read most.</summary>
    private static readonly (string Folder, int MostLines)[] CodeLengths = [("src", 354), ("tests", 400), ("testmodels", 400)];

    private static readonly string[] CodeFolders = ["src", "tests", "testmodels"];

    [Fact]
    public void No_source_file_is_too_long_to_be_read_at_once() =>
        Assert.Empty(
            from code in CodeLengths
            from file in Repository.SourcesBelow(code.Folder)
            let lines = File.ReadLines(Path.Combine(Repository.Root, code.Folder, file)).Count()
            where lines > code.MostLines
            select $"{code.Folder}/{file} has {lines} lines"
        );

    [Fact]
    public void No_line_of_code_is_longer_than_the_editor_configuration_allows()
    {
        var longest = int.Parse(
            LongestLine().Match(File.ReadAllText(Path.Combine(Repository.Root, ".editorconfig"))).Groups[1].Value,
            CultureInfo.InvariantCulture
        );
        Assert.Empty(
            from folder in CodeFolders
            from file in Repository.SourcesBelow(folder)
            from line in File.ReadLines(Path.Combine(Repository.Root, folder, file)).Index()
            where line.Item.Length > longest
            select $"{folder}/{file}, line {line.Index + 1}, has {line.Item.Length} characters"
        );
    }

    [Fact]
    public void No_statement_assigns_more_than_three_values_at_once() =>
        Assert.Empty(
            from folder in CodeFolders
            from file in Repository.SourcesBelow(folder)
            from line in File.ReadLines(Path.Combine(Repository.Root, folder, file)).Index()
            where ManyAssigned().IsMatch(line.Item)
            select $"{folder}/{file}, line {line.Index + 1}: {line.Item.Trim()}"
        );

    [Theory]
    [InlineData("        (_a, _b, _c, _d) = (a, b, c, d);", true), InlineData("var (a, b, c, d) = (x[0], F(1, 2), 3, 4);", true)]
    [InlineData("(_a, _b, _c) = (a, b, c);", false), InlineData("var (a, b, c, d) = tuple;", false)]
    public void Values_assigned_at_once_are_counted(string line, bool found) => Assert.Equal(found, ManyAssigned().IsMatch(line));

    [Fact]
    public void No_conditional_has_another_one_between_its_signs() =>
        Assert.Empty(
            from folder in CodeFolders
            from file in Repository.SourcesBelow(folder)
            from line in NestedConditionals.In(File.ReadAllText(Path.Combine(Repository.Root, folder, file)))
            select $"{folder}/{file}, line {line}"
        );

    [Theory]
    [InlineData("a ? b\n : c ? d : e"), InlineData("a ? F(b ? c : d) : e", "a ? \" ? \" : b // ? c"), InlineData("x is int? ? 1 : 2")]
    [InlineData("a ? (b, c) : d", "a ? b : c; d ? e : f")]
    public void A_conditional_may_follow_another_one(params string[] texts) =>
        Assert.All(texts, text => Assert.Empty(NestedConditionals.In(text)), throwIfEmpty: true);

    [Theory]
    [
        InlineData("a ? b ? c : d : e", 1),
        InlineData("a\n    ? b\n        ? c\n        : d\n    : e", 3),
        InlineData("F(a ? F(1) ? b : c : d)", 1)
    ]
    public void A_conditional_between_the_signs_of_another_one_is_found(string text, int line) =>
        Assert.Equal([line], NestedConditionals.In(text));

    [Fact]
    public void No_tracked_file_names_a_path_of_the_machine_that_it_was_written_on()
    {
        var files = Repository.TrackedFiles();
        Assert.SkipWhen(files is null, "This is not a git checkout.");
        Assert.Empty(
            from file in files
            let path = Path.Combine(Repository.Root, file)
            where File.Exists(path) && IsText(path)
            from match in MachinePath().Matches(File.ReadAllText(path))
            select $"{file} mentions {match.Value}"
        );
    }

    [Theory]
    [InlineData("see /" + "work/main", true), InlineData("'/" + "home/ann/x'", true), InlineData("C:\\" + "Users\\ann", true)]
    [InlineData("out/work/x", false), InlineData("https://example.org/home/x", false), InlineData("/tmp/x", false)]
    public void Paths_of_machines_are_distinguished_from_others(string text, bool found) =>
        Assert.Equal(found, MachinePath().IsMatch(text));

    // As in git: text has no NUL near its beginning.
    private static bool IsText(string path)
    {
        using var stream = File.OpenRead(path);
        var start = new byte[8000];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return !start.AsSpan(0, length).Contains((byte)0);
    }

    [GeneratedRegex(@"^\s*(?:var )?\((?:[\w.]+, ){3,}[\w.]+\) = \(")]
    private static partial Regex ManyAssigned();

    [GeneratedRegex(@"max_line_length = (\d+)")]
    private static partial Regex LongestLine();

    [GeneratedRegex(@"(?<![\w.~-])/(?:work|home|root|Users)/\w|[A-Z]:\\Users\\\w")]
    private static partial Regex MachinePath();
}
