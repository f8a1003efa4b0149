using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>How a run keeps what it has done, and which part of it is made here.</summary>
internal sealed class CheckpointArguments() : OptionGroup("Checkpoints and shards")
{
    private const string Automatic = "auto";

    public Option<bool> Resume { get; } =
        new("--resume")
        {
            Description =
                "Go on from the checkpoint, if there is one. One of another run is refused [default: a checkpoint that is there is "
                + "refused].",
        };

    public Option<string?> Checkpoint { get; } =
        new("--checkpoint")
        {
            HelpName = "FILE",
            Description =
                "Where the checkpoint is kept. It is written now and then and when the run is interrupted, and removed when the run is "
                + "complete [default: the file of the result with .partial behind it].",
        };

    public Option<TimeSpan?> Every { get; } =
        new("--checkpoint-every")
        {
            HelpName = "TIME",
            Description =
                "The time between checkpoints, such as 30s, 5m or 1h. It is longer where writing takes long, and 0s writes one after every "
                + "batch [default: 30s].",
            CustomParser = Time,
        };

    public Option<string?> Shard { get; } =
        new("--shard")
        {
            HelpName = "K/N|auto",
            Description =
                "Make part K of N, which 'merge' puts together. It is written beside -o, as OUT.shard-003-of-008.npz; auto takes K and N "
                + "from Slurm's array, from Kubernetes' indexed job (N from JOB_COMPLETIONS), or from Open MPI [default: the whole run].",
            CustomParser = result =>
            {
                var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
                if (text != Automatic && Parse(text) is null)
                    result.AddError($"--shard '{text}' is no part; give K/N with K from 1 to N, for instance 3/8, or auto.");
                return text;
            },
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Shard, Resume, Checkpoint, Every];

    /// <summary>The part of the run that is made; null for all of it. Throws <see cref="UserErrorException"/>.</summary>
    internal Shard? ShardOf(ParseResult parsed) =>
        parsed.GetValue(Shard) switch
        {
            null => null,
            Automatic => ShardEnvironment.Read(Environment.GetEnvironmentVariable),
            var text => Parse(text),
        };

    /// <summary>The options of a run with what is kept of it.</summary>
    /// <param name="options">The other options.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="file">The file that the run writes.</param>
    /// <param name="shard">The part that is made; null for all.</param>
    public CurvatureRunOptions With(CurvatureRunOptions options, ParseResult parsed, string file, Shard? shard)
    {
        var isPipe = file.Length > 0 && OutputPlace.IsPipe(file);
        if (isPipe && parsed.GetValue(Checkpoint) is null)
            return options with { Shard = shard };
        return options with
        {
            Shard = shard,
            CheckpointPath = parsed.GetValue(Checkpoint) ?? $"{Path.TrimEndingDirectorySeparator(file)}.partial",
            CheckpointInterval = parsed.GetValue(Every) ?? options.CheckpointInterval,
            Resumes = parsed.GetValue(Resume),
        };
    }

    private static Shard? Parse(string text) =>
        text.Split('/') is [var number, var count]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var own)
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var all)
        && own >= 1
        && own <= all
            ? new Shard(own, all)
            : null;

    private static TimeSpan? Time(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        double? unit = text.LastOrDefault() switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => null,
        };
        if (
            unit is { } seconds
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * seconds < TimeSpan.MaxValue.TotalSeconds
        )
            return TimeSpan.FromSeconds(number * seconds);
        result.AddError($"--checkpoint-every '{text}' is no time; give a number with a unit, for instance 30s, 5m or 1h.");
        return null;
    }
}
