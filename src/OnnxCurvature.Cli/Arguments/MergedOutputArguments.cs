using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of the file that the shards of a run become.</summary>
internal sealed class MergedOutputArguments() : OptionGroup("Output")
{
    public Option<string?> Output { get; } =
        new("--output", "-o")
        {
            HelpName = "OUT.npz",
            Description = "The file of the result. It is .npz, .safetensors, or a folder of .npy files, as of 'run'.",
            Required = true,
        };

    public Option<bool> Details { get; } =
        new("--details") { Description = "Show the figures of each weight. As 'run' does [default: where there are few weights]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Output, Details];
}
