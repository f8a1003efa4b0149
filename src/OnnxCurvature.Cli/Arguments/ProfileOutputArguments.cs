using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Where the profile of a machine is written.</summary>
internal sealed class ProfileOutputArguments() : OptionGroup("Output")
{
    public Option<string?> Output { get; } =
        new("--output", "-o") { HelpName = "FILE", Description = "The file of the profile. It is JSON, for --machine [default: none]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Output];
}
