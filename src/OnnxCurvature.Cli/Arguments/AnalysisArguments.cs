using System.CommandLine;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Which weights are analyzed, and what their diagonals may take.</summary>
/// <param name="isPriced">Whether the command takes diagonals, exact as far as a budget goes.</param>
/// <param name="isFloat64">Whether the command computes in float64 in any case.</param>
internal sealed class AnalysisArguments(bool isPriced, bool isFloat64) : OptionGroup("Analysis")
{
    private readonly TargetArguments _targets = new("for an augmented model", straightThrough: false);
    private readonly EstimateArguments _estimates = new(adaptive: false);

    public Option<string[]> Weights { get; } =
        new("--wrt")
        {
            HelpName = "NAME...",
            Description = "The weights: names, or patterns such as 'conv*.weight' [default: all that the loss depends on].",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<TimeSpan?> Budget { get; } =
        new("--budget")
        {
            HelpName = "TIME",
            Description =
                "The time for exact diagonals. It is such as 30s, 5m or 1h. Weights are taken exactly as long as plans price them within "
                + "it, the cheapest first; the others are estimated, with standard errors [default: 1m].",
            CustomParser = Durations.Parser("--budget"),
        };

    public Option<string?> Diagonal { get; } =
        new("--diagonal")
        {
            HelpName = "hessian|ggn",
            Description = "The Hessian's diagonal, or that of the Gauss–Newton matrix [default: hessian].",
            CustomParser = Parsers.Word("--diagonal", "hessian", "ggn"),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options =>
        [
            Weights,
            .. isPriced ? [Budget, Diagonal, _estimates.Probes, _estimates.Seed] : (Option[])[],
            _targets.SampleAxes,
            .. isFloat64 ? (Option[])[] : [_targets.Precision],
        ];

    /// <summary>The options that people need first, beside the weights.</summary>
    public IEnumerable<Option> First => isPriced ? [Budget, Diagonal] : [];

    /// <summary>The limits of the analysis.</summary>
    public AnalysisOptions OptionsOf(ParseResult parsed)
    {
        var defaults = new AnalysisOptions();
        return defaults with
        {
            Budget = parsed.GetValue(Budget) ?? defaults.Budget,
            Diagonal = parsed.GetValue(Diagonal) == "ggn" ? Quantity.GgnDiagonal : Quantity.HessianDiagonal,
            Probes = parsed.GetValue(_estimates.Probes) ?? defaults.Probes,
            Seed = parsed.GetValue(_estimates.Seed) ?? defaults.Seed,
        };
    }

    /// <summary>The request.</summary>
    public CurvatureRequest RequestOf(ParseResult parsed, LossArguments loss, ModelArguments model, IProgress<RunProgress> progress) =>
        new()
        {
            WithRespectTo = [.. parsed.GetValue(Weights) ?? []],
            Loss = loss.RequestOf(parsed, parsed.GetRequiredValue(loss.Loss)!, progress),
            Reduction = loss.ReductionOf(parsed),
            Precision = isFloat64 ? Ir.Precision.Float64 : _targets.PrecisionOf(parsed),
            FixedTensors = model.FixedOf(parsed, progress),
            SampleAxes = _targets.SampleAxesOf(parsed),
        };
}
