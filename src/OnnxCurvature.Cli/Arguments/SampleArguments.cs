using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Which samples of the data a run takes.</summary>
internal sealed class SampleArguments() : OptionGroup("Samples")
{
    public Option<SampleRange?> Samples { get; } =
        new("--samples")
        {
            HelpName = "A:B",
            Description = "Take the samples A to B - 1. They are counted from 0, and either end may be left out [default: all].",
            CustomParser = Range,
        };

    public Option<int?> Limit { get; } =
        new("--limit")
        {
            HelpName = "N",
            Description = "Take at most N samples. With --samples, the first N of those [default: all].",
            CustomParser = Parsers.Integer("--limit", 1),
        };

    public Option<bool> SkipBad { get; } =
        new("--skip-bad")
        {
            Description =
                "Leave out samples that hold NaN. The result says how many they were, and is that of the others [default: they are "
                + "refused].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Samples, Limit, SkipBad];

    /// <summary>The options of a run with what is said of samples.</summary>
    public CurvatureRunOptions With(CurvatureRunOptions options, ParseResult parsed)
    {
        var (range, most) = (parsed.GetValue(Samples), parsed.GetValue(Limit));
        return options with
        {
            SampleRange = range is null && most is null ? null : (range ?? new SampleRange()) with { Most = most },
            SkipsBad = parsed.GetValue(SkipBad),
        };
    }

    private static SampleRange? Range(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
        if (
            text.Split(':') is [var first, var last]
            && Number(first, 0) is { } start
            && Number(last, long.MaxValue) is { } end
            && start < end
        )
            return new SampleRange(start, last.Length == 0 ? null : end);
        result.AddError($"--samples '{text}' is no range; give its first sample and the one after its last, for instance 0:1000.");
        return null;
    }

    private static long? Number(string text, long none)
    {
        if (text.Length == 0)
            return none;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
