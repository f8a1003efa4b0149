using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of what a command of the analyzer writes and shows.</summary>
internal sealed class AnalysisOutputArguments(OutputArguments output) : OptionGroup("Output")
{
    /// <summary>The report for programs.</summary>
    public ReportArguments Report { get; } = new();

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [output.Output, Report.Json, output.NoCheck];
}
