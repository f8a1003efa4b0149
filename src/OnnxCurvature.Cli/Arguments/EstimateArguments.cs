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
            HelpName = "exact|...",
            Description =
                "exact; or an estimate with a standard error for each entry: hutchinson or xdiag of the hessian-diagonal, ggn-mc of the "
                + "ggn-diagonal; or becker-lecun or hesscale, one-pass and biased estimates of the hessian-diagonal [default: exact].",
            CustomParser = Parsers.Word("--method", [.. Enum.GetValues<Estimator>().Select(Estimators.Name)]),
        };

    public Option<int?> Probes { get; } =
        new("--probes")
        {
            HelpName = "N",
            Description = "Random directions of an estimate; the standard error falls as 1/√N [default: 32].",
            CustomParser = Parsers.Integer("--probes", 2),
        };

    public Option<int?> Seed { get; } =
        new("--seed")
        {
            HelpName = "N",
            Description = "What the random numbers of an estimate are made from [default: 0].",
            CustomParser = Parsers.Integer("--seed", 0),
        };

    public Option<double?> TargetError { get; } =
        new("--target-error")
        {
            HelpName = "R",
            Description =
                "Take more probes until the relative error, the norm of the standard errors over that of the estimate, is at most R, "
                + "for instance 0.05; the estimate itself decides when that is, so it is biased slightly toward small errors [default: "
                + "no more than --probes].",
            CustomParser = Parsers.Positive("--target-error"),
        };

    public Option<double?> Tolerance { get; } =
        new("--tolerance")
        {
            HelpName = "R",
            Description =
                "Leave the least likely classes, of a share of at most R of the probability, out of the factor of cross-entropy: gives "
                + "a lower bound of the diagonal, and an unbiased estimate with the remainder sampled by --probes [default: none are "
                + "left out].",
            CustomParser = Parsers.Share("--tolerance"),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => adaptive ? [Method, Probes, Seed, TargetError, Tolerance] : [Method, Probes, Seed];

    /// <summary>How second-order quantities are computed.</summary>
    public Estimator EstimatorOf(ParseResult parsed) =>
        Enum.GetValues<Estimator>().Single(known => known.Name() == (parsed.GetValue(Method) ?? "exact"));
}
