using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>What a command of the analyzer writes and shows.</summary>
internal sealed class AnalysisOutputArguments(OutputArguments output) : OptionGroup("Output")
{
    private readonly ReportArguments _report = new();

    /// <summary>JSON in place of text.</summary>
    public Option<bool> Json => _report.Json;

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [output.Output, Json, output.NoCheck];
}
