using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OnnxCurvature.Analysis.Pruning;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The weights that are pruned, and the figure that chooses their entries.</summary>
internal sealed class PruningArguments() : OptionGroup("Pruning")
{
    private static readonly Dictionary<string, PruningScore> Scores = new(StringComparer.Ordinal)
    {
        ["curvature"] = PruningScore.Curvature,
        ["curvature-at-minimum"] = PruningScore.CurvatureAtMinimum,
        ["magnitude"] = PruningScore.Magnitude,
        ["input-weighted"] = PruningScore.InputWeightedMagnitude,
    };

    public Option<double?> Sparsity { get; } =
        new("--sparsity")
        {
            HelpName = "S",
            Description = "The share of entries that become zero [default: 0.5].",
            CustomParser = Parsers.Share("--sparsity"),
        };

    public Option<(PruningStructure Structure, int Kept, int Size)?> Structure { get; } =
        new("--structure")
        {
            HelpName = "weight|output-channel|input-channel|N:M",
            Description =
                "The entries that become zero at once. With N:M, as 2:4, N entries stay of every M that follow each other along the input "
                + "channels [default: weight].",
            CustomParser = ParseStructure,
        };

    public Option<string?> Scope { get; } =
        new("--scope")
        {
            HelpName = "global|layer",
            Description = "Rank all weights together, or each by itself [default: global].",
            CustomParser = Parsers.Word("--scope", "global", "layer"),
        };

    public Option<string?> Score { get; } =
        new("--score")
        {
            HelpName = string.Join('|', Scores.Keys),
            Description =
                "By which figure entries are ranked. That is ½ H w² - g w, the same without the gradient, w², or w² times the mean "
                + "square of the input [default: curvature].",
            CustomParser = Parsers.Word("--score", [.. Scores.Keys]),
        };

    public Option<string?> Model { get; } =
        new("--write-pruned")
        {
            HelpName = "OUT.onnx",
            Description = "Also write the model with zeros in place of what goes [default: only masks are written].",
        };

    public Option<ImmutableArray<DataArgument>> Held { get; } =
        new("--held")
        {
            HelpName = "INPUT=FILE",
            Description =
                "Measure losses on held data at ten sparsities. It shows a curve for each score; give what --data gives, of other samples "
                + "[default: no losses are measured].",
            CustomParser = Parsers.Files("--held", "image=held.npy", joins: true),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Show what would go, and write nothing [default: off]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Sparsity, Structure, Scope, Score, Model, Held, DryRun];

    /// <summary>The request.</summary>
    public PruningOptions OptionsOf(ParseResult parsed)
    {
        var defaults = new PruningOptions();
        var structure = parsed.GetValue(Structure) ?? (defaults.Structure, defaults.Kept, defaults.BlockSize);
        if (structure.Structure == PruningStructure.Blocks && parsed.GetResult(Sparsity) is { Implicit: false })
            throw new UserErrorException("--structure N:M says how many entries stay, and so does --sparsity; leave one of them out.");
        return new PruningOptions
        {
            Sparsity = parsed.GetValue(Sparsity) ?? defaults.Sparsity,
            Structure = structure.Structure,
            Kept = structure.Kept,
            BlockSize = structure.Size,
            PerLayer = parsed.GetValue(Scope) == "layer",
            Score = Scores[parsed.GetValue(Score) ?? "curvature"],
        };
    }

    /// <summary>The files of --held.</summary>
    public ImmutableArray<DataArgument> HeldOf(ParseResult parsed) => parsed.GetResult(Held) is null ? [] : parsed.GetValue(Held);

    /// <summary>The name of a score on the command line.</summary>
    public static string Name(PruningScore score) => Scores.Single(entry => entry.Value == score).Key;

    private static (PruningStructure, int, int)? ParseStructure(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        switch (text)
        {
            case "weight":
                return (PruningStructure.Weight, 2, 4);
            case "output-channel":
                return (PruningStructure.OutputChannel, 2, 4);
            case "input-channel":
                return (PruningStructure.InputChannel, 2, 4);
        }
        if (text.Split(':') is [var first, var second] && Number(first) is { } kept && Number(second) is { } size && kept < size)
            return (PruningStructure.Blocks, kept, size);
        result.AddError($"--structure '{text}' is unknown; give weight, output-channel, input-channel, or N:M such as 2:4.");
        return null;

        static int? Number(string digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
    }
}
