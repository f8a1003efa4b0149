using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// Enumerates the exact ways to a Hessian diagonal. Each takes the second derivative at a cut s, ∇²ₛ, by the square root of the output
/// Hessian or by Hessian-vector products, and adds what each region u → v = φ(u) with curvature sources between the target and s
/// contributes: diag H = Σ_n diag(Jₛᵀ ∇²ₛ Jₛ) + Σ_u Σ_n diag(Jᵤᵀ (Σ_m λ_m ∇²φ_m(u)) Jᵤ), λ = ∂L/∂v. Where φ acts entry by entry the inner
/// matrix is diag(λ φ''(u)), else its directions are Hessian-vector products through φ alone.
/// </summary>
internal sealed class CandidateSearch(GraphBuilder builder, LossHead head, SampleProof proof, PlanLimits limits)
{
    /// <summary>The operations that make an entry of a direction of the square root of the output Hessian.</summary>
    public const double RootEntryFlops = 4;

    private readonly NarrowCuts _narrow = new(proof, limits);

    /// <summary>What the parts of ways take.</summary>
    public CandidateCosts Costs { get; } = new(proof, limits);

    /// <summary>All ways, the cheapest that is proven first, and after those that are proven the others.</summary>
    public ImmutableArray<Candidate> Of(Survey survey)
    {
        var candidates = new List<Candidate> { AtTarget(survey) };
        string? blocked = null;
        var isLinear = true;
        var obstacles = proof.Obstacles(survey.Nodes);
        var sources = Costs.Sources(survey);
        foreach (var (index, cut) in survey.Cuts.Index())
        {
            isLinear &= cut.Kind == RegionKind.Linear;
            if (cut.Kind != RegionKind.Linear)
                blocked ??= SourceObstacle(survey, obstacles, survey.Cuts[index - 1], cut);
            var at = cut.Value.Type;
            if (!at.Element.IsFloat())
                continue;
            if (cut.Value == head.Output && head.Root is { } root)
            {
                var output = AtOutput(survey, cut, root, sources[index], blocked ?? obstacles.Before(cut.Value, cut.Before));
                candidates.Add(output);
                if (output.Obstacle is null)
                    candidates.AddRange(AtNarrowCuts(survey, cut, root, sources));
            }
            // Within the loss nothing is narrower than its sum, and at a weight there is one way, which is in already.
            if (
                !Costs.IsKnown(cut.Value)
                || cut.Value.Producer is { Origin.IsLoss: true }
                || cut.Before == 0 && !proof.Of(cut.Value).IsSeparate
            )
                continue;
            var directions = Costs.Entries(cut, survey);
            var coupling = obstacles.Before(cut.Value, cut.Before) ?? obstacles.After(cut.Before);
            candidates.Add(
                Costed(
                    survey,
                    cut,
                    CandidateMethod.CutProducts,
                    directions,
                    CandidateCosts.ProductPasses * survey.Flops(cut),
                    2,
                    sources[index],
                    blocked ?? coupling
                )
            );
            if (coupling is not null && isLinear && at.Shape.IsKnown && cut.Before > 0)
                candidates.Add(AtCoupledCut(survey, cut));
        }
        if (AtJointCut(survey, obstacles) is { } joint)
            candidates.Add(joint);
        return [.. candidates.OrderBy(candidate => candidate.Obstacle is not null).ThenBy(candidate => candidate.Flops)];
    }

    /// <summary>
    /// The ways to a diagonal of the Gauss–Newton matrix, the cheapest that is proven first: directions of the square root of the output
    /// Hessian that are pulled back, for all samples at once or for each by itself, or forward products of the target's entries.
    /// </summary>
    /// <param name="survey">The survey from the target to the loss.</param>
    /// <param name="root">The square root of the output Hessian.</param>
    /// <param name="obstacle">Why samples are not kept separate between the target and the output; null where they are.</param>
    public ImmutableArray<Candidate> OfGaussNewton(Survey survey, OutputHessianRoot root, string? obstacle)
    {
        var output = survey.Cuts.First(cut => cut.Value == head.Output);
        var atOutput = AtOutput(survey, output, root, (0, 0), obstacle);
        var entries = limits.Size(output.Value.Type.Shape.Elements);
        var forward = survey.Flops(survey.Cuts[0], output);
        var candidates = new List<Candidate> { atOutput };
        if (atOutput.Obstacle is null)
            candidates.AddRange(
                survey
                    .Cuts[..survey.Cuts.IndexOf(output)]
                    .Where(cut => cut.Value.Type.Element.IsFloat())
                    .Select(cut => (Cut: cut, Narrow: _narrow.At(survey, cut, output, root)))
                    .Where(at => at.Narrow is not null)
                    .Select(at =>
                        Costed(
                            survey,
                            at.Cut,
                            CandidateMethod.CholeskyFactor,
                            at.Narrow!.Value.Directions,
                            0,
                            1,
                            (at.Narrow.Value.Flops, 0),
                            null
                        )
                    )
            );
        if (obstacle is not null)
        {
            var directions = limits.Size(root.Directions(SampleLayout.None));
            candidates.Add(
                new Candidate(
                    CandidateMethod.CoupledOutputRoot,
                    output,
                    directions,
                    directions * (RootEntryFlops * entries + 2 * forward + 2 * Costs.TargetEntries(survey.Target)),
                    root.Directions(SampleLayout.None).IsKnown ? null : Unknown(output.Value)
                )
            );
        }
        var rows = SamplesOfForward(survey.Target, obstacle) is { IsSeparate: true } samples
            ? limits.Size(samples.OfOne(survey.Target.Value.Type.Shape).Elements)
            : Costs.TargetEntries(survey.Target);
        var isKnown = SamplesOfForward(survey.Target, obstacle).OfOne(survey.Target.Value.Type.Shape).IsKnown;
        candidates.Add(
            new Candidate(
                CandidateMethod.ForwardProducts,
                output,
                rows,
                rows * (RootEntryFlops * entries + forward),
                isKnown ? null : Unknown(survey.Target.Value)
            )
        );
        return [.. candidates.OrderBy(candidate => candidate.Obstacle is not null).ThenBy(candidate => candidate.Flops)];
    }

    /// <summary>
    /// Where samples lie in a target whose forward products are taken for all samples at once; none where each entry is taken by itself.
    /// </summary>
    public SampleLayout SamplesOfForward(Target target, string? obstacle) =>
        obstacle is null && !target.IsPart && proof.InOutput.IsSeparate && proof.Of(target.Value) is { IsSeparate: true } samples
            ? samples
            : SampleLayout.None;

    private static string Unknown(Value value) =>
        $"the sizes of '{value.Name}' {value.Type.Shape} are not known, so its entries cannot be counted; give them with --dim NAME=SIZE";

    /// <summary>The directions of the square root of the output Hessian at the loss's output.</summary>
    private Candidate AtOutput(Survey survey, Cut output, OutputHessianRoot root, (double, double) sources, string? obstacle)
    {
        obstacle ??=
            proof.InOutput.IsCoupled ? $"the loss takes entries of several samples of '{output.Value.Name}' together"
            : root.Directions(proof.InOutput).IsKnown ? null
            : $"the sizes of '{output.Value.Name}' {output.Value.Type.Shape} are not known";
        var tail = Math.Min(
            RootEntryFlops * limits.Size(output.Value.Type.Shape.Elements),
            CandidateCosts.ProductPasses * survey.Flops(output)
        );
        return Costed(survey, output, CandidateMethod.OutputRoot, Costs.RootDirections(survey, root), tail, 1, sources, obstacle);
    }

    /// <summary>
    /// Cholesky factors at the values before the output from which on nothing is curved, where a sample has fewer entries than the output
    /// has directions.
    /// </summary>
    private IEnumerable<Candidate> AtNarrowCuts(
        Survey survey,
        Cut output,
        OutputHessianRoot root,
        (double Flops, double Directions)[] sources
    )
    {
        var of = survey.Cuts.IndexOf(output);
        for (var index = of - 1; index >= 0 && survey.Cuts[index + 1].Kind == RegionKind.Linear; index--)
            if (_narrow.At(survey, survey.Cuts[index], output, root) is { } narrow)
                yield return Costed(
                    survey,
                    survey.Cuts[index],
                    CandidateMethod.CholeskyFactor,
                    narrow.Directions,
                    0,
                    1,
                    (sources[of].Flops + narrow.Flops, sources[of].Directions),
                    null
                );
    }

    /// <summary>
    /// Products at a value for each of its entries in every sample, whose pull-backs need not be kept separate: samples may be
    /// coupled before and after it.
    /// </summary>
    private Candidate AtCoupledCut(Survey survey, Cut cut)
    {
        var directions = limits.Size(cut.Value.Type.Shape.Elements);
        var flops =
            directions
            * (
                CandidateCosts.ProductPasses * survey.Flops(cut)
                + 2 * survey.Flops(survey.Cuts[0], cut)
                + 2 * Costs.TargetEntries(survey.Target)
            );
        return new Candidate(CandidateMethod.CoupledCutProducts, cut, directions, flops);
    }

    /// <summary>
    /// Products at several values that together separate the target from all curvature sources; null where one value does, or none do.
    /// </summary>
    private Candidate? AtJointCut(Survey survey, SampleObstacles obstacles)
    {
        var values = MinimumCut.Of(
            survey.Nodes,
            survey.Target.Value,
            value =>
                IsCuttable(value)
                    ? Costs.Entries(value)
                        * (
                            CandidateCosts.ProductPasses * survey.FlopsAfter(value.Producer!)
                            + 2 * (survey.Flops(survey.Cuts[0]) - survey.FlopsAfter(value.Producer!))
                        )
                    : double.PositiveInfinity
        );
        if (values.Length < 2)
            return null;
        if (!proof.IsSingle && values.Select(value => proof.Of(value).SamplesOf(value.Type.Shape)).Distinct().Count() > 1)
            return null;
        var joint = JointCut.Of(builder, survey.Target.Value, values, [.. values.Select(proof.Separate)]);
        var directions = values.Sum(Costs.Entries);
        var (all, before) = (survey.Flops(survey.Cuts[0]), survey.FlopsOf(joint.Before));
        var pull = Math.Max(0, before - survey.Flops(survey.Cuts[0], survey.PullBackEndpoint));
        var obstacle =
            proof.IsSingle ? null
            : joint.Before.FirstOrDefault(node => node.Outputs.Any(output => proof.Of(output).IsCoupled)) is { } coupling
                ? $"{coupling} may couple samples across the batch"
            : obstacles.After(0);
        var cut = new Cut(joint.Joined, 0, RegionKind.Linear, joint.Before) { Joint = joint };
        return new Candidate(
            CandidateMethod.CutProducts,
            cut,
            directions,
            directions * (CandidateCosts.ProductPasses * (all - before) + 2 * pull) + Costs.Contraction(survey, directions),
            obstacle
        );
    }

    /// <summary>Whether directions can be made at a value together with others.</summary>
    private bool IsCuttable(Value value) =>
        value.Type.Element.IsFloat()
        && value.Producer is not null
        && (proof.IsSingle || proof.Of(value).IsSeparate)
        && Costs.IsKnown(value);

    /// <summary>The regions with curvature sources before a cut, each with the cut that it starts from.</summary>
    public static IEnumerable<(Cut From, Cut To)> SourcesBefore(Survey survey, Cut cut)
    {
        for (var index = 1; index < survey.Cuts.Length && survey.Cuts[index].Before <= cut.Before; index++)
            if (survey.Cuts[index].Kind != RegionKind.Linear)
                yield return (survey.Cuts[index - 1], survey.Cuts[index]);
    }

    private Candidate AtTarget(Survey survey)
    {
        var rows = Costs.TargetEntries(survey.Target);
        var shape = survey.Target.Value.Type.Shape;
        return new Candidate(
            CandidateMethod.TargetProducts,
            survey.Cuts[0],
            rows,
            rows * CandidateCosts.ProductPasses * survey.Flops(survey.Cuts[0]),
            shape.IsKnown ? null : $"the sizes of '{survey.Target.Value.Name}' {shape} are not known, so its entries cannot be counted"
        );
    }

    private Candidate Costed(
        Survey survey,
        Cut cut,
        CandidateMethod method,
        double directions,
        double tail,
        int sides,
        (double Flops, double Directions) sources,
        string? obstacle
    )
    {
        var sweep = directions * (tail + sides * CandidateCosts.Pull(survey, cut));
        var flops = sweep + Costs.Contraction(survey, directions) + sources.Flops;
        return new Candidate(method, cut, directions + sources.Directions, flops, obstacle)
        {
            SweepFlops = sweep,
            // Of a product's output only the rows that are asked for have directions.
            Shared = cut == survey.PullBackEndpoint && survey.Rows is not null ? null : new SweepKey(method, cut.Value),
        };
    }

    /// <summary>Why what a region with curvature sources adds cannot be had by directions at its start; null where it can.</summary>
    private string? SourceObstacle(Survey survey, SampleObstacles obstacles, Cut from, Cut to) =>
        Costs.StartsAtWeight(from)
            ? null
            : obstacles.Before(from.Value, to.Before)
                ?? (
                    Costs.IsKnown(from.Value)
                        ? null
                        : $"the sizes of '{from.Value.Name}', after which {Sources.Listed(to.Region, survey)} not act linearly, "
                            + $"are not known"
                );
}
