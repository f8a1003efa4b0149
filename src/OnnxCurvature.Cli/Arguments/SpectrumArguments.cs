using System.CommandLine;
using OnnxCurvature.Analysis.Spectra;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of a spectrum.</summary>
internal sealed class SpectrumArguments() : OptionGroup("Spectrum")
{
    private static readonly SpectrumOptions Defaults = new();

    public Option<int?> Steps { get; } =
        new("--steps")
        {
            HelpName = "N",
            Description =
                $"Steps of Lanczos's recurrence from each start. Each takes a Hessian-vector product [default: {Defaults.Steps}].",
            CustomParser = Parsers.Integer("--steps", 2),
        };

    public Option<int?> Starts { get; } =
        new("--starts")
        {
            HelpName = "N",
            Description = $"Random starts. The density and the trace are means over them [default: {Defaults.Starts}].",
            CustomParser = Parsers.Integer("--starts", 2),
        };

    public Option<int?> Extremes { get; } =
        new("--extremes")
        {
            HelpName = "N",
            Description = $"How many of the largest and of the smallest eigenvalues are given [default: {Defaults.Extremes}].",
            CustomParser = Parsers.Integer("--extremes", 1),
        };

    public Option<bool> Together { get; } = new("--together") { Description = "Leave out the spectra of single weights [default: off]." };

    public Option<int?> Seed { get; } =
        new("--seed")
        {
            HelpName = "N",
            Description = "The seed of the random starts [default: 0].",
            CustomParser = Parsers.Integer("--seed", 0),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Steps, Starts, Extremes, Together, Seed];

    /// <summary>The request.</summary>
    public SpectrumOptions OptionsOf(ParseResult parsed) =>
        new()
        {
            Steps = parsed.GetValue(Steps) ?? Defaults.Steps,
            Starts = parsed.GetValue(Starts) ?? Defaults.Starts,
            Extremes = parsed.GetValue(Extremes) ?? Defaults.Extremes,
            ByLayer = !parsed.GetValue(Together),
            Seed = parsed.GetValue(Seed) ?? Defaults.Seed,
        };
}
