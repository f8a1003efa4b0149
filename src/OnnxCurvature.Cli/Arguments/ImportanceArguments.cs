using System.CommandLine;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Which importance is asked for.</summary>
internal sealed class ImportanceArguments() : OptionGroup("Importance")
{
    private readonly EstimateArguments _estimates = new(adaptive: false);

    public Option<string?> Fisher { get; } =
        new("--fisher")
        {
            HelpName = "empirical|sampled",
            Description =
                "Whose labels the Fisher matrix is of. empirical takes those of the data, exactly; sampled takes --probes labels from the "
                + "model's own distribution, an estimate with errors [default: empirical].",
            CustomParser = Parsers.Word("--fisher", "empirical", "sampled"),
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Fisher, _estimates.Probes, _estimates.Seed];

    /// <summary>
    /// The request, and whether labels are sampled. Throws <see cref="UserErrorException"/> for random numbers that nothing takes.
    /// </summary>
    public (CurvatureRequest Request, bool SamplesLabels) RequestOf(CurvatureRequest request, ParseResult parsed)
    {
        var isSampled = parsed.GetValue(Fisher) == "sampled";
        if (!isSampled && (parsed.GetResult(_estimates.Probes) ?? parsed.GetResult(_estimates.Seed)) is { Implicit: false })
            throw new UserErrorException("--probes and --seed are of --fisher sampled; give it, or leave them out.");
        var asked = request with
        {
            Probes = parsed.GetValue(_estimates.Probes) ?? request.Probes,
            Seed = parsed.GetValue(_estimates.Seed) ?? request.Seed,
        };
        return (asked, isSampled);
    }
}
