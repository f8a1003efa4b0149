using System.CommandLine;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Estimates by random directions.</summary>
/// <param name="adaptive">Whether the command makes runs, and can take more directions where these are needed.</param>
internal sealed class EstimateArguments(bool adaptive) : OptionGroup("Estimates")
{
    public Option<string?> Method { get; } =
        new("--method")
        {
            HelpName = "NAME",
            Description =
                "exact, or the name of an estimate. hutchinson and xdiag estimate the hessian-diagonal and ggn-mc the ggn-diagonal, with "
                + "a standard error for each entry; becker-lecun and hesscale are one-pass and biased estimates of the "
                + "hessian-diagonal [default: exact].",
            CustomParser = Parsers.Word("--method", [.. Enum.GetValues<Estimator>().Select(Estimators.Name)]),
            CompletionSources = { Enum.GetValues<Estimator>().Select(Estimators.Name).ToArray() },
        };

    public Option<int?> Probes { get; } =
        new("--probes")
        {
            HelpName = "N",
            Description = "Random directions of an estimate. The standard error falls as 1/√N [default: 32].",
            CustomParser = Parsers.Integer("--probes", 2),
        };

    public Option<int?> Seed { get; } =
        new("--seed")
        {
            HelpName = "N",
            Description = "The seed of an estimate's random numbers [default: 0].",
            CustomParser = Parsers.Integer("--seed", 0),
        };

    public Option<double?> TargetError { get; } =
        new("--target-error")
        {
            HelpName = "R",
            Description =
                "Take more probes until this relative error. It is the norm of the standard errors over that of the estimate, for "
                + "instance 0.05. The estimate itself decides when that is, so it is biased slightly toward small errors [default: no "
                + "more than --probes].",
            CustomParser = Parsers.Positive("--target-error"),
        };

    public Option<double?> Tolerance { get; } =
        new("--tolerance")
        {
            HelpName = "R",
            Description =
                "Leave out classes of so little probability. The least likely ones, of a share of at most R together, are left out of the "
                + "factor of cross-entropy. That gives a lower bound of the diagonal, and an unbiased estimate with the remainder "
                + "sampled by --probes [default: none are left out].",
            CustomParser = Parsers.Share("--tolerance"),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => adaptive ? [Method, Probes, Seed, TargetError, Tolerance] : [Method, Probes, Seed];

    /// <summary>How second-order quantities are computed.</summary>
    public Estimator EstimatorOf(ParseResult parsed) =>
        Enum.GetValues<Estimator>().Single(known => known.Name() == (parsed.GetValue(Method) ?? "exact"));
}
