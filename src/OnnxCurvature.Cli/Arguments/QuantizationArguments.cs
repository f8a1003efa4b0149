using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Analysis.Quantization;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>How weights are rounded, and what is asked of that.</summary>
internal sealed class QuantizationArguments() : OptionGroup("Quantization")
{
    private static readonly Dictionary<string, Granularity> Granularities = new(StringComparer.Ordinal)
    {
        ["tensor"] = Granularity.Tensor,
        ["channel"] = Granularity.Channel,
        ["block32"] = Granularity.Block32,
        ["block128"] = Granularity.Block128,
    };

    public Option<string?> Bits { get; } =
        new("--bits")
        {
            HelpName = "8|4",
            Description = "Round to integers of so many bits [default: both are compared].",
            CustomParser = Parsers.Word("--bits", "8", "4"),
        };

    public Option<string?> Groups { get; } =
        new("--granularity")
        {
            HelpName = "tensor|channel|block32|block128",
            Description = "Which entries share a scale [default: all of these are compared].",
            CustomParser = Parsers.Word("--granularity", [.. Granularities.Keys]),
        };

    public Option<string?> Zero { get; } =
        new("--zero-point")
        {
            HelpName = "none|any",
            Description = "Whether zero is the integer 0, or has a zero point [default: both are compared].",
            CustomParser = Parsers.Word("--zero-point", "none", "any"),
        };

    public Option<long> TargetSize { get; } =
        new("--target-size")
        {
            HelpName = "SIZE",
            Description =
                "Choose bits that keep to a size, such as 2M. It is the size of all kernels and matrices that are analyzed. Each gets int8 "
                + "per channel, int4 in blocks of 32, or stays float32; the choice is written to bits.json and nodes_to_exclude.json "
                + "[default: no choice is made].",
            CustomParser = Parsers.Size("--target-size"),
        };

    public Option<bool> Measure { get; } =
        new("--measure")
        {
            Description =
                "Also measure each predicted change by a run. The rank correlations with what was predicted are shown [default: off].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Bits, Groups, Zero, TargetSize, Measure];

    /// <summary>The request.</summary>
    public QuantizationOptions OptionsOf(ParseResult parsed)
    {
        var bits = parsed.GetValue(Bits);
        var groups = parsed.GetValue(Groups);
        var zero = parsed.GetValue(Zero);
        return new QuantizationOptions
        {
            Schemes =
            [
                .. QuantizationScheme
                    .All.Where(scheme => bits is null || scheme.Bits == (bits == "8" ? 8 : 4))
                    .Where(scheme => groups is null || scheme.Granularity == Granularities[groups])
                    .Where(scheme => zero is null || scheme.IsSymmetric == (zero == "none")),
            ],
            Measure = parsed.GetValue(Measure),
            TargetBytes = HasTarget(parsed) ? parsed.GetValue(TargetSize) : null,
        };
    }

    /// <summary>Whether a choice of bits is asked for.</summary>
    public bool HasTarget(ParseResult parsed) => parsed.GetResult(TargetSize) is { Implicit: false };
}
