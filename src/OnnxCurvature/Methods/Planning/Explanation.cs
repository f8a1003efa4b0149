using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Says in sentences why a way is exact, why it was chosen, and what the others would have taken.</summary>
internal static class Explanation
{
    /// <summary>The ways that were weighed: of the cuts the three best, and one for each reason why others are not open.</summary>
    public static ImmutableArray<CandidateReport> Of(Survey survey, ImmutableArray<Candidate> candidates, PlanLimits limits)
    {
        var open = candidates.Where(candidate => candidate.Obstacle is null).ToArray();
        var shown = open.Where(
                (candidate, index) =>
                    index < 3 || candidate.Method is not (CandidateMethod.CutProducts or CandidateMethod.CoupledCutProducts)
            )
            .Concat(
                candidates
                    .Where(candidate => candidate.Obstacle is not null)
                    .GroupBy(candidate => (candidate.IsRoot, candidate.Obstacle))
                    .Select(group => group.First())
            );
        return
        [
            .. shown.Select(candidate => new CandidateReport(
                candidate.Method.Name(),
                candidate.Cut.Name,
                candidate.Directions,
                candidate.Flops,
                Memory(survey, candidate, limits),
                candidate == candidates[0] ? WhyTaken(candidate)
                    : candidate.Obstacle is { } obstacle ? $"not proven: {obstacle}"
                    : "exact, and dearer"
            )),
        ];

        static string WhyTaken(Candidate candidate) =>
            candidate.IsForOthers
                ? "taken: its directions serve other targets, too, so that all take the fewest operations"
                : "taken: the fewest operations of those proven to be exact";
    }

    /// <summary>Why the products at the target were chosen.</summary>
    public static string AtTarget(Survey survey, ImmutableArray<Candidate> candidates)
    {
        var sources = survey.Sources.ToArray();
        var why =
            candidates.Length > 1 && candidates[1].Obstacle is null
                ? "it takes fewer operations than any other way"
                : candidates.FirstOrDefault(candidate => candidate.Obstacle is not null)?.Obstacle ?? "there is no other way";
        return $"one product for each entry is exact for any graph, with {Sources.Names(sources)} between '{survey.Target.Value.Name}' "
            + $"and the loss; {why}";
    }

    /// <summary>Why a way through a cut is exact, and how it is done.</summary>
    public static string Chosen(Survey survey, Candidate chosen, LossHead head, string how, int signed, int closed)
    {
        var (target, at) = (survey.Target.Value.Name, chosen.Cut.Name);
        var sources =
            signed + closed == 0
                ? $"no node between '{target}' and '{at}' has a second derivative"
                : $"the curvature sources between '{target}' and '{at}' are added ({closed} in closed form, {signed} by directions of "
                    + $"their own)";
        var main =
            chosen.IsRoot ? $"samples are separate, so diag H is the sum of squared pull-backs of {head.Root!.Formula}"
            : chosen.Method == CandidateMethod.CholeskyFactor
                ? $"all influence passes '{at}' with samples separate, behind which nothing is curved, so diag H is the sum of squared "
                    + $"pull-backs of the columns of L, with LLᵀ the Hessian there, which {head.Root!.Formula} give"
            : how.Length == 0 ? $"the loss has no second derivative in '{at}'"
            : chosen.IsJoint
                ? $"all influence passes '{at}', so diag H follows from the Hessian there of all samples together, "
                    + $"{chosen.Directions:0} products"
            : $"all influence passes '{at}' with samples separate, so diag H follows from the Hessian there, {chosen.Directions:0} "
                + $"products for all samples at once";
        return $"{sources} and {main}{(how.Length > 0 ? "; " + how : "")}";
    }

    /// <summary>Why a way to the diagonal of the Gauss–Newton matrix is exact, and how it is done.</summary>
    public static string GaussNewton(OutputHessianRoot root, Candidate chosen, string? obstacle, ITerm term) =>
        chosen.Method == CandidateMethod.ForwardProducts
            ? $"the Gauss–Newton matrix is JᵀSSᵀJ with the directions {root.Formula} in S, so its entry is the square of SᵀJeᵢ, for any "
                + $"graph; {term.Description}"
        : chosen.Method == CandidateMethod.CholeskyFactor
            ? $"the Gauss–Newton matrix at '{chosen.Cut.Name}' is LLᵀ, which {root.Formula} give, and samples are separate, so the "
                + $"diagonal is the sum of squared pull-backs of the columns of L; {term.Description}"
        : chosen.IsJoint
            ? $"the Gauss–Newton matrix is the sum of squared pull-backs of {root.Formula}, for every sample by itself since {obstacle}; "
                + $"{term.Description}"
        : $"the Gauss–Newton matrix is the sum of squared pull-backs of {root.Formula}, and samples are separate; {term.Description}";

    /// <summary>The widest pair of values on the way, for as many directions as a chunk holds.</summary>
    private static double Memory(Survey survey, Candidate candidate, PlanLimits limits)
    {
        var first = candidate.Method == CandidateMethod.TargetProducts || !candidate.IsRoot ? 0 : survey.PullBackEndpoint.Before;
        var each =
            survey
                .Nodes[first..]
                .Select(found => found.Node.Outputs.Sum(output => limits.Size(output.Type.Shape.Elements) * output.Type.Element.Size()))
                .DefaultIfEmpty(0)
                .Max() * (candidate.IsRoot || candidate.Method == CandidateMethod.CholeskyFactor ? 2 : 4);
        return Math.Min(Math.Max(each, limits.MemoryBytes), each * Math.Min(candidate.Directions, 256));
    }
}
