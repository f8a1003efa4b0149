using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace OnnxCurvature.Cli;

/// <summary>Reports a command line that cannot be parsed, in one sentence.</summary>
internal static class ParseErrors
{
    /// <summary>The options after which people put other arguments, though they take all words that follow.</summary>
    private static readonly string[] TakingAll = ["--wrt", "--data", "--quantity", "--dim"];

    /// <summary>The sentence, or null where there is no error.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="missingFile">A name after a '@' that is no file's, so that it stood for nothing; or null.</param>
    public static string? Describe(ParseResult parsed, string? missingFile) =>
        Describe(parsed) is not { } sentence ? null
        : missingFile is null ? sentence
        : $"There is no file of arguments '{missingFile}', which '@{missingFile}' stands for; check the path.";

    private static string? Describe(ParseResult parsed)
    {
        var action = parsed.Action as ParseErrorAction;
        if ((action is not null || parsed.Action == parsed.CommandResult.Command.Action) && Swallowed(parsed) is { } unknown)
            return Unknown(parsed, unknown);
        if (action is null)
            return null;
        var help = $"; see {Path(parsed)} --help.";
        if (parsed.UnmatchedTokens is [var token, ..])
        {
            var kind =
                token.StartsWith('-') ? "option"
                : parsed.CommandResult.Command.Subcommands.Count > 0 ? "command"
                : "argument";
            return Corrections(parsed, action, token) is { Count: > 0 } corrections
                ? $"'{token}' is no {kind} of {Path(parsed)}; did you mean {string.Join(" or ", corrections.Select(name => $"'{name}'"))}?"
                : $"'{token}' is no {kind} of {Path(parsed)}{help}";
        }
        if (parsed.CommandResult.Command.Subcommands.Count > 0)
            return $"No command was given; give one of "
                + $"{string.Join(", ", parsed.CommandResult.Command.Subcommands.Select(command => command.Name))}{help}";
        foreach (var error in parsed.Errors)
            if (
                error.SymbolResult is ArgumentResult { Argument: var argument }
                && parsed.CommandResult.Command.Arguments.Contains(argument)
                && error.SymbolResult.Tokens.Count == 0
            )
                return $"{argument.Name} is missing{Greedy(parsed.CommandResult.Command)}{help}";
        var first = parsed.Errors[0];
        if (first.SymbolResult is OptionResult { Option: var option } result && result.Tokens.Count == 0)
            return result.Implicit || result.IdentifierToken is null
                ? $"{Name(option)} is missing{help}"
                : $"{Name(option)} is given without a value{help}";
        if (first.SymbolResult is OptionResult { IdentifierTokenCount: > 1 } repeated && repeated.Option.Arity.MaximumNumberOfValues == 1)
            return $"{Name(repeated.Option)} is given {repeated.IdentifierTokenCount} times; give it once.";
        return first.Message.ReplaceLineEndings(" ").Trim();
    }

    /// <summary>Why an argument may be missing that was given: the options that take all words after them.</summary>
    private static string Greedy(Command command)
    {
        string[] names = [.. TakingAll.Where(name => command.Options.Any(option => option.Name == name))];
        return names switch
        {
            [] => "",
            [var only] => $": name it right after {command.Name}, for {only} takes all words that follow it",
            [.. var first, var last] =>
                $": name it right after {command.Name}, for {string.Join(", ", first)} and {last} take all words that follow them",
        };
    }

    /// <summary>
    /// An option that the command does not have, and that was taken for an argument, or for a value of one that takes all words after it.
    /// </summary>
    private static string? Swallowed(ParseResult parsed) =>
        parsed
            .CommandResult.Children.Where(child => child is ArgumentResult or OptionResult { Option.AllowMultipleArgumentsPerToken: true })
            .SelectMany(child => child.Tokens)
            .Select(token => token.Value)
            .FirstOrDefault(value => value.StartsWith("--", StringComparison.Ordinal));

    private static string Unknown(ParseResult parsed, string name)
    {
        name = name.Split('=')[0];
        var others = parsed
            .RootCommandResult.Command.Subcommands.Where(command => command.Options.Any(option => option.Name == name))
            .Select(command => command.Name)
            .ToArray();
        return others.Length > 0
            ? $"'{name}' is no option of {Path(parsed)}, but of {string.Join(" and ", others)}; see {Path(parsed)} --help."
            : $"'{name}' is no option of {Path(parsed)}; "
                + $"{Suggestions.For(name, parsed.CommandResult.Command.Options.Select(option => option.Name))}; see "
                + $"{Path(parsed)} --help.";
    }

    /// <summary>
    /// The names that System.CommandLine offers for a token. It gives them only as text: a question, and then a name on each line.
    /// </summary>
    private static List<string> Corrections(ParseResult parsed, ParseErrorAction action, string token)
    {
        var output = new StringWriter { NewLine = "\n" };
        action.ShowHelp = false;
        parsed.Invoke(new InvocationConfiguration { Output = output, Error = TextWriter.Null });
        return
        [
            .. output
                .ToString()
                .Split('\n')
                .SkipWhile(line => !line.StartsWith($"'{token}' ", StringComparison.Ordinal))
                .Skip(1)
                .TakeWhile(line => line.Length > 0 && !line.Contains(' ', StringComparison.Ordinal))
                .Where(name => name.StartsWith('-') == token.StartsWith('-')),
        ];
    }

    private static string Name(Option option) => option.HelpName is { } value ? $"{option.Name} {value}" : option.Name;

    private static string Path(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "onnx-curvature" : $"onnx-curvature {parsed.CommandResult.Command.Name}";
}
