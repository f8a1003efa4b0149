using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Which entries are verified.</summary>
internal sealed class SampledEntryArguments() : OptionGroup("Verified entries")
{
    private const int DefaultSamples = 16;
    private const int DefaultSeed = 0;

    public Option<int?> Samples { get; } =
        new("--samples")
        {
            HelpName = "N",
            Description = $"How many entries of each tensor are checked [default: {DefaultSamples}].",
            CustomParser = Parsers.Integer("--samples", 1),
        };

    public Option<int?> Seed { get; } =
        new("--seed")
        {
            HelpName = "N",
            Description = $"The seed of the choice of entries [default: {DefaultSeed}].",
            CustomParser = Parsers.Integer("--seed", 0),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Samples, Seed];

    /// <summary>How many entries of each tensor are checked.</summary>
    public int SamplesOf(ParseResult parsed) => parsed.GetValue(Samples) ?? DefaultSamples;

    /// <summary>The seed of the choice of entries.</summary>
    public int SeedOf(ParseResult parsed) => parsed.GetValue(Seed) ?? DefaultSeed;
}
