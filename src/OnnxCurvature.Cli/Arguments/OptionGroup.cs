using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Options that belong together: a command adds them as a whole, and the help shows them under one heading.</summary>
/// <param name="heading">The heading of the help.</param>
internal abstract class OptionGroup(string heading)
{
    /// <summary>The heading of the help.</summary>
    public string Heading { get; } = heading;

    /// <summary>All of them, in the order of the help.</summary>
    public abstract IEnumerable<Option> Options { get; }

    /// <summary>Those that the command line gives.</summary>
    public IEnumerable<Option> GivenIn(ParseResult parsed) => Options.Where(option => parsed.GetResult(option) is { Implicit: false });
}
