using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>How much is said, and how; every command has these options.</summary>
internal sealed class MessageArguments() : OptionGroup("Messages")
{
    public Option<bool> Quiet { get; } =
        new("--quiet", "-q") { Description = "Show errors alone: no plan, progress or summary [default: off].", Recursive = true };

    public Option<bool> Verbose { get; } =
        new("--verbose", "-v") { Description = "Show each phase with its time as a line [default: off].", Recursive = true };

    public Option<string?> LogFormat { get; } =
        new("--log-format")
        {
            HelpName = "text|json",
            Description =
                "How progress and errors are written. With json each is a line of JSON on the standard error, as the page on reports for "
                + "programs describes [default: text].",
            Recursive = true,
            CustomParser = Parsers.Word("--log-format", "text", "json"),
        };

    public Option<bool> Debug { get; } =
        new("--debug") { Description = "Print the stack of an internal error [default: off].", Recursive = true };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Quiet, Verbose, LogFormat, Debug];

    /// <summary>Sets what a terminal shows. Throws <see cref="UserErrorException"/> for contradictions.</summary>
    public void Apply(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetResult(LogFormat)?.Errors.Any() != true)
            terminal.LogsJson = parsed.GetValue(LogFormat) == "json";
        if (parsed.GetValue(Quiet) && parsed.GetValue(Verbose))
            throw new UserErrorException("--quiet and --verbose contradict each other; give one of them.");
        if (parsed.GetValue(Quiet))
            terminal.Verbosity = Verbosity.Quiet;
        else if (parsed.GetValue(Verbose))
            terminal.Verbosity = Verbosity.Verbose;
    }
}
