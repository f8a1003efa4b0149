using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>In which form a report is given.</summary>
internal sealed class ReportArguments() : OptionGroup("Output")
{
    public Option<bool> Json { get; } = new("--json") { Description = "Write JSON for programs [default: text for people]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Json];
}
