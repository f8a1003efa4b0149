using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The quantities, and the values that they are taken by.</summary>
/// <param name="absent">When it may be absent, as "for an augmented model"; null where it may not.</param>
/// <param name="straightThrough">Whether the command can take quantization for the identity.</param>
internal sealed class TargetArguments(string? absent, bool straightThrough) : OptionGroup("Results")
{
    public Option<string[]> WithRespectTo { get; } =
        new("--wrt")
        {
            HelpName = "NAME...",
            Description =
                "Differentiate by these: names, or patterns of weights. Names of weights, inputs, intermediate values; patterns such as "
                + "'conv*.weight'; and slices of the first axis such as 'w[7]' and 'w[3:9]'"
                + (absent is null ? "." : $" [default: none, {absent}]."),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
            Required = absent is null,
        };

    public Option<ImmutableArray<Quantity>> Quantities { get; } =
        new("--quantity")
        {
            HelpName = "Q,...",
            Description =
                "The quantities to compute, separated by commas. There are "
                + string.Join(", ", Methods.Requests.Quantities.All.Select(Methods.Requests.Quantities.Name))
                + " [default: loss,gradient,hessian-diagonal; with --method ggn-mc loss,gradient,ggn-diagonal].",
            CustomParser = Parsers.QuantityList,
            CompletionSources = { Methods.Requests.Quantities.All.Select(Methods.Requests.Quantities.Name).ToArray() },
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<ImmutableDictionary<string, int?>?> SampleAxes { get; } =
        new("--samples-axis")
        {
            HelpName = "INPUT=AXIS",
            Description =
                "The axis along which an input holds samples. 'none' stands for an input that holds none [default: the first, unless "
                + "the model shows another].",
            CustomParser = Parsers.SampleAxes,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<string?> Precision { get; } =
        new("--precision")
        {
            HelpName = "model|float64",
            Description =
                "The type in which everything is computed. It is the model's own or float64. In float64, scalars of a formula that a "
                + "file rounds to float32, such as 0.01 or √2, are taken for what they were, and a note says so [default: model].",
            CustomParser = Parsers.Word("--precision", "model", "float64"),
        };

    public Option<bool> StraightThrough { get; } =
        new("--straight-through")
        {
            Description =
                "Take quantization for the identity in derivatives. It is rounding, of which the derivative is zero [default: off].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options
    {
        get
        {
            yield return WithRespectTo;
            yield return Quantities;
            yield return SampleAxes;
            yield return Precision;
            if (straightThrough)
                yield return StraightThrough;
        }
    }

    /// <summary>In which type everything is computed.</summary>
    public Precision PrecisionOf(ParseResult parsed) => parsed.GetValue(Precision) == "float64" ? Ir.Precision.Float64 : Ir.Precision.Model;

    /// <summary>The axes along which samples lie.</summary>
    public ImmutableDictionary<string, int?> SampleAxesOf(ParseResult parsed) =>
        parsed.GetValue(SampleAxes) ?? ImmutableDictionary<string, int?>.Empty;
}
