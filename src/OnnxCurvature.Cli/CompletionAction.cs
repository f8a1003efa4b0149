using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OnnxCurvature.Cli;

/// <summary>
/// The directive <c>[suggest:POSITION]</c> before a command line: writes the words that may stand at the position, one a line. Where there
/// are none, a shell offers files.
/// </summary>
internal sealed class CompletionAction(RootCommand root, SuggestDirective directive) : SynchronousCommandLineAction
{
    /// <summary>Names of the help that only shells of Windows are used to.</summary>
    private static readonly string[] Unusual = ["/?", "/h", "-?"];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? "";
        var position = parseResult.GetResult(directive)!.Values.SingleOrDefault();
        if (int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length < line.Length)
            line = line[..length];
        foreach (var word in Words(line))
            parseResult.InvocationConfiguration.Output.WriteLine(word);
        return ExitCodes.Success;
    }

    /// <summary>The whole words that may end a line, in which the last word has begun.</summary>
    private IEnumerable<string> Words(string line)
    {
        var start = line.LastIndexOf(' ') + 1;
        var (before, word, kept) = (line[..start], line[start..], "");
        if (word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            (before, kept, word) = ($"{before}{word[..equals]} ", word[..(equals + 1)], word[(equals + 1)..]);
        if (word.LastIndexOf(',') is >= 0 and var comma)
            (kept, word) = (kept + word[..(comma + 1)], word[(comma + 1)..]);
        var asksForOption = word.StartsWith('-');
        var text = before + word;
        return root.Parse(text, new ParserConfiguration { ResponseFileTokenReplacer = null })
            .GetCompletions(text.Length)
            .Select(completion => completion.Label)
            .Where(label =>
                label.StartsWith(word, StringComparison.Ordinal)
                && label.StartsWith('-') == asksForOption
                && !Unusual.Contains(label, StringComparer.Ordinal)
            )
            .Select(label => kept + label);
    }
}
