using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Reads what is asked of a model from the groups of options that say it.</summary>
/// <param name="targets">The quantities and their targets.</param>
/// <param name="loss">The loss.</param>
/// <param name="estimates">Estimates, or null where the command makes none.</param>
/// <param name="model">How the model is read.</param>
internal sealed class RequestReader(TargetArguments targets, LossArguments loss, EstimateArguments? estimates, ModelArguments model)
{
    /// <summary>
    /// The request, or null where neither --wrt nor --loss is given. Throws <see cref="UserErrorException"/> where only
    /// one of them is, or options are given that need them.
    /// </summary>
    public CurvatureRequest? Of(ParseResult parsed, IProgress<RunProgress> progress)
    {
        var names = parsed.GetValue(targets.WithRespectTo) ?? [];
        var kind = parsed.GetValue(loss.Loss);
        if (names.Length == 0 && kind is null)
        {
            RefuseOthers(parsed);
            return null;
        }
        if (names.Length == 0)
            throw new UserErrorException(
                "--loss is given without --wrt; name the weights to differentiate with respect to, for instance --wrt 'conv*.weight'."
            );
        if (kind is null)
            throw new UserErrorException("--wrt is given without --loss; name a loss, for instance --loss cross-entropy.");
        var estimator = estimates?.EstimatorOf(parsed) ?? Estimator.None;
        var request = Estimated(
            parsed,
            new CurvatureRequest
            {
                WithRespectTo = [.. names],
                Loss = loss.RequestOf(parsed, kind, progress),
                Reduction = loss.ReductionOf(parsed),
                Precision = targets.PrecisionOf(parsed),
                StraightThrough = parsed.GetValue(targets.StraightThrough),
                FixedTensors = model.FixedOf(parsed, progress),
                SampleAxes = targets.SampleAxesOf(parsed),
                Quantities = parsed.GetResult(targets.Quantities) is null
                    ? [Quantity.Loss, Quantity.Gradient, estimator.Estimated()]
                    : parsed.GetValue(targets.Quantities),
                Estimator = estimator,
            }
        );
        return request;
    }

    /// <summary>The files that the request is read from.</summary>
    public ImmutableArray<string> FilesOf(ParseResult parsed)
    {
        var files = model.FilesOf(parsed).SelectMany(file => file.Patterns);
        return parsed.GetValue(loss.ClassWeights) is { } weights ? [.. files, weights] : [.. files];
    }

    private CurvatureRequest Estimated(ParseResult parsed, CurvatureRequest request)
    {
        if (estimates is null)
            return request;
        request = request with
        {
            Probes = parsed.GetValue(estimates.Probes) ?? request.Probes,
            Seed = parsed.GetValue(estimates.Seed) ?? request.Seed,
            TargetError = parsed.GetValue(estimates.TargetError),
            Tolerance = parsed.GetValue(estimates.Tolerance),
        };
        if (!request.IsRandom && (parsed.GetResult(estimates.Probes) ?? parsed.GetResult(estimates.Seed)) is not null)
            throw new UserErrorException(
                "--probes and --seed are of random numbers, and nothing that is asked for takes any; give --method hutchinson, xdiag or "
                    + "ggn-mc, the quantity fisher-diagonal-mc, or --tolerance, or leave them out."
            );
        return request;
    }

    private void RefuseOthers(ParseResult parsed)
    {
        string[] given =
        [
            .. targets.GivenIn(parsed).Concat(loss.GivenIn(parsed)).Concat(estimates?.GivenIn(parsed) ?? []).Select(option => option.Name),
            .. model.FilesOf(parsed).IsEmpty ? (ReadOnlySpan<string>)[] : [model.Fixed.Name],
        ];
        if (given.Length == 0)
            return;
        var names = given.Length == 1 ? given[0] : $"{string.Join(", ", given[..^1])} and {given[^1]}";
        throw new UserErrorException(
            $"{names} {(given.Length == 1 ? "needs" : "need")} --wrt and --loss; an augmented model computes what it was compiled for."
        );
    }
}
