using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>What a command writes and shows.</summary>
/// <param name="file">What the file's name looks like.</param>
/// <param name="description">What the file holds.</param>
/// <param name="required">Whether a file must be named.</param>
/// <param name="isChecked">Whether what is written has been checked.</param>
internal sealed class OutputArguments(string file, string description, bool required, bool isChecked) : OptionGroup("Output")
{
    public Option<string?> Output { get; } =
        new("--output", "-o")
        {
            HelpName = file,
            Description = description,
            Required = required,
        };

    public Option<bool> NoCheck { get; } =
        new("--no-check")
        {
            Description =
                "Leave out the check, by which a few entries of each exact result are computed a second time in another way, and "
                + "nothing is written where they differ [default: check].",
        };

    public Option<bool> Explain { get; } =
        new("--explain") { Description = "Show the curvature sources, the ways that were weighed, and why one was taken [default: off]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => isChecked ? [Output, NoCheck, Explain] : [Output, Explain];
}
