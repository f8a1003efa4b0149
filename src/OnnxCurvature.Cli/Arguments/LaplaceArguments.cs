using System.CommandLine;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The prior of the weights, and what is written of the posterior.</summary>
internal sealed class LaplaceArguments() : OptionGroup("Posterior")
{
    public Option<double?> Prior { get; } =
        new("--prior")
        {
            HelpName = "PRECISION",
            Description = "The precision of the prior of every entry [default: that of the largest marginal likelihood].",
            CustomParser = Parsers.Positive("--prior"),
        };

    public Option<string?> Variances { get; } =
        new("--variances") { HelpName = "OUT.npz", Description = "Also write NAME.mean and NAME.variance of each weight [default: none]." };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Prior, Variances];

    /// <summary>The precision of the prior; null for the one of the largest marginal likelihood.</summary>
    public double? PriorOf(ParseResult parsed) => parsed.GetValue(Prior);
}
