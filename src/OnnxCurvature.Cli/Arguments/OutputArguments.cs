using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of results: files and summaries.</summary>
/// <param name="file">The form of the file's name.</param>
/// <param name="description">The contents of the file.</param>
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
                "Leave out the check of results. By it a few entries of each exact result are computed a second time in another way, and "
                + "nothing is written where they differ [default: check].",
        };

    public Option<bool> Explain { get; } =
        new("--explain")
        {
            Description =
                "Show how and why each way was chosen. Lists the curvature sources and the ways that were weighed [default: off].",
        };

    public Option<bool> Details { get; } =
        new("--details")
        {
            Description =
                "Show the figures of each weight. They are its sums, norms, largest entries and slices [default: where there are few "
                + "weights].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => isChecked ? [Output, NoCheck, Details, Explain] : [Output, Explain];
}
