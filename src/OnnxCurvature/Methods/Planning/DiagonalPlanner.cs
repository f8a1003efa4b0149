using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Plans the diagonals of targets by the cheapest of the ways that are proven to be exact.</summary>
internal sealed class DiagonalPlanner(
    ModelGraph model,
    LossHead head,
    SampleProof proof,
    CostModel costs,
    PlanLimits limits,
    Func<IReadOnlyList<Candidate>, Candidate> choice
)
{
    /// <summary>The share of the memory that directions take from which the matrix of a Cholesky factor is summed up.</summary>
    private const double ShareOfCholesky = 0.25;

    private readonly Dictionary<(Value, (long, long)?, bool), HessianDirections?> _hessians = [];
    private readonly Dictionary<(Value, Value), ElementwiseDirections?> _sources = [];
    private readonly Dictionary<(Value, Value, (long, long)?), HessianDirections?> _regions = [];
    private readonly Dictionary<Value, CholeskyDirections> _cholesky = [];
    private readonly Dictionary<Target, Weighed> _weighed = [];
    private RootDirections? _root;
    private RootDirections? _wholeRoot;

    private GraphBuilder Builder => model.Builder;

    /// <summary>
    /// The directions for every sample by itself, whose pull-backs need not be kept separate: samples may be coupled before the output.
    /// </summary>
    private RootDirections WholeRoot => _wholeRoot ??= new RootDirections(head.Output, head.Root!, SampleLayout.None);

    /// <summary>
    /// The directions of the square root of the output Hessian for all samples at once, where the loss is proven to keep them separate.
    /// </summary>
    private RootDirections Root => _root ??= new RootDirections(head.Output, head.Root!, proof.InOutput);

    /// <summary>Weighs the ways to the Hessian diagonals of several targets together, before each is planned.</summary>
    public void Weigh(IEnumerable<Target> targets)
    {
        Survey[] surveys =
        [
            .. targets.Select(target => new Survey(Builder, head, proof, target, costs)).Where(survey => survey.Sources.Any()),
        ];
        var search = new CandidateSearch(Builder, head, proof, limits);
        var candidates = SharedSweeps.Order([.. surveys.Select(search.Of)]);
        foreach (var (survey, own) in surveys.Zip(candidates))
            _weighed[survey.Target] = new Weighed(survey, own);
    }

    /// <summary>Plans the Hessian diagonal.</summary>
    /// <param name="target">The target, which was weighed.</param>
    /// <param name="gradient">The gradient of the whole target value.</param>
    public PlannedQuantity Hessian(Target target, Value gradient)
    {
        if (!_weighed.TryGetValue(target, out var weighed))
            return new PlannedQuantity(
                target,
                [Quantity.HessianDiagonal],
                "zero",
                $"no node between '{target.Value.Name}' and the loss has a second derivative",
                [],
                [],
                []
            );
        var search = new CandidateSearch(Builder, head, proof, limits);
        var (best, candidates) = Proven(search, weighed);
        var survey = weighed.Survey;
        var planned =
            best.Method == CandidateMethod.TargetProducts
                ? new PlannedQuantity(
                    target,
                    [Quantity.HessianDiagonal],
                    best.Method.Name(),
                    Explanation.AtTarget(survey, candidates),
                    [new HessianProductTerm(target, gradient)],
                    [],
                    []
                )
                : AtCut(search, survey, best);
        return planned with { Candidates = Explanation.Of(survey, candidates, limits), Sources = SourcesOf(survey) };
    }

    /// <summary>
    /// The way that is taken, and all ways with the obstacles that are found on this: of a way that looked open it may show only as it is
    /// tried that samples cannot be kept separate. Products at the target are always left.
    /// </summary>
    private (Candidate Best, ImmutableArray<Candidate> All) Proven(CandidateSearch search, Weighed weighed)
    {
        var candidates = weighed.Candidates;
        var best = choice(candidates);
        while (best.Method != CandidateMethod.TargetProducts && (best.Obstacle ?? Obstacle(search, weighed.Survey, best)) is { } obstacle)
        {
            candidates =
            [
                .. candidates
                    .Select(candidate => candidate == best ? candidate with { Obstacle = obstacle } : candidate)
                    .OrderBy(candidate => candidate.Obstacle is not null)
                    .ThenBy(candidate => candidate.Flops),
            ];
            best =
                choice(candidates) is { Obstacle: null } next ? next
                : candidates[0] is { Obstacle: null } first ? first
                : candidates.First(candidate => candidate.Method == CandidateMethod.TargetProducts);
        }
        return (best, candidates);
    }

    /// <summary>Plans a Hessian diagonal by directions at a cut, and what curvature sources before the cut add.</summary>
    private PlannedQuantity AtCut(CandidateSearch search, Survey survey, Candidate best)
    {
        var target = survey.Target;
        var terms = ImmutableArray.CreateBuilder<ITerm>();
        var closed = ImmutableArray.CreateBuilder<Value>();
        DirectionSource? directions =
            best.IsRoot ? Root
            : best.Method == CandidateMethod.CholeskyFactor ? CholeskyAt(best.Cut.Value)
            : best.Cut.Joint is { } joint ? JointHessianDirections.Create(Builder, head.Loss, joint)
            : HessianAt(best.Cut.Value, best.Cut == survey.PullBackEndpoint && !best.IsJoint ? survey.Rows : null, best.IsJoint);
        var how = "";
        if (directions is not null)
        {
            terms.Add(Term(Path(target, directions.At, best.IsJoint), directions, best.IsRoot));
            how = terms[0].Description;
        }
        foreach (var (from, to) in CandidateSearch.SourcesBefore(survey, best.Cut))
            AddSource(search, survey, from, to, terms, closed);
        var name = terms.Count > 0 ? NameOf(best, terms[0]) : best.Method.Name();
        return new PlannedQuantity(
            target,
            [Quantity.HessianDiagonal],
            terms.Count + closed.Count > 1 ? $"{name}, and sources" : name,
            Explanation.Chosen(survey, best, head, how, terms.Count - (directions is null ? 0 : 1), closed.Count),
            terms.ToImmutable(),
            closed.ToImmutable(),
            []
        );
    }

    /// <summary>The name of a method in a plan; directions of a root may be pushed forward in place of being pulled back.</summary>
    private static string NameOf(Candidate best, ITerm term) =>
        term is ForwardGramTerm ? $"{best.Method.Name()}, forward" : best.Method.Name();

    /// <summary>The nodes with a second derivative between a target and the loss, for people.</summary>
    private static ImmutableArray<string> SourcesOf(Survey survey) =>
        [
            .. survey
                .Sources.Select(source => source.Origin is { IsLoss: true } ? $"{source.Operator.Name} of the loss" : source.ToString())
                .Distinct(),
        ];

    /// <summary>
    /// Plans the diagonal of the Gauss–Newton matrix. Throws <see cref="UserErrorException"/> where it is not proven to be right.
    /// </summary>
    /// <param name="target">The target.</param>
    /// <param name="linear">Whether the loss is linear in its output.</param>
    public PlannedQuantity GaussNewton(Target target, bool linear)
    {
        if (linear)
            return new PlannedQuantity(
                target,
                [Quantity.GgnDiagonal],
                "zero",
                "the loss is linear in its output, so its Gauss–Newton matrix is zero",
                [],
                [],
                []
            );
        if (head.Root is null)
            throw new UserErrorException(
                $"The ggn-diagonal of '{target.Name}' cannot be computed, because no square root of the loss's Hessian in its output is "
                    + "known; ask for hessian-diagonal."
            );
        var path = SeparatePath(target, out var obstacle);
        var survey = new Survey(Builder, head, proof, target, costs);
        var search = new CandidateSearch(Builder, head, proof, limits);
        var candidates = search.OfGaussNewton(survey, head.Root, obstacle);
        var best = choice(candidates);
        if (best.Obstacle is { } unknown)
            throw new UserErrorException($"The ggn-diagonal of '{target.Name}' cannot be planned, because {unknown}.");
        var term =
            best.Method == CandidateMethod.ForwardProducts
                ? new ForwardProductTerm(target, head, search.SamplesOfForward(target, obstacle), proof.InOutput)
            : best.Method == CandidateMethod.CholeskyFactor ? Term(target, CholeskyAt(best.Cut.Value), false)
            : best.IsJoint ? Term(Path(target, head.Output, jointly: true), WholeRoot, false)
            : Term(path!, Root, true);
        return new PlannedQuantity(
            target,
            [Quantity.GgnDiagonal],
            NameOf(best, term),
            Explanation.GaussNewton(head.Root, best, obstacle, term),
            [term],
            [],
            Explanation.Of(survey, candidates, limits)
        );
    }

    /// <summary>
    /// The way from a target to the loss's output on which samples are kept separate; null where that is not proven, for which there is an
    /// obstacle.
    /// </summary>
    private TargetPath? SeparatePath(Target target, out string? obstacle)
    {
        obstacle = proof.InOutput.IsCoupled ? $"the loss is not proven to keep the samples of '{head.Output.Name}' independent" : null;
        var path = obstacle is null ? TargetPath.Create(model, head.Output, target, out obstacle) : null;
        if (path is { Separates: true } && WeightEntry.Find(Builder, path) is null)
            obstacle = path.Refusal(Builder);
        return obstacle is null ? path : null;
    }

    private CholeskyDirections CholeskyAt(Value at)
    {
        if (!_cholesky.TryGetValue(at, out var directions))
            _cholesky[at] = directions = new CholeskyDirections(at, proof.Separate(at), Root, ShareOfCholesky * limits.MemoryBytes);
        return directions;
    }

    private HessianDirections? HessianAt(Value at, (long Start, long End)? rows, bool jointly)
    {
        if (!_hessians.TryGetValue((at, rows, jointly), out var directions))
            _hessians[(at, rows, jointly)] = directions = HessianDirections.Create(
                Builder,
                head.Loss,
                at,
                jointly ? SampleLayout.None : proof.Separate(at),
                rows
            );
        return directions;
    }

    /// <summary>
    /// Why samples cannot be kept separate on the way back from a candidate's cut or from where a source begins; null where they can. The
    /// survey looks at values; only the tangents show it.
    /// </summary>
    private string? Obstacle(CandidateSearch search, Survey survey, Candidate candidate)
    {
        if (candidate.IsJoint)
            return null;
        foreach (
            var at in CandidateSearch
                .SourcesBefore(survey, candidate.Cut)
                .Select(source => source.From)
                .Where(from => !search.Costs.StartsAtWeight(from))
                .Append(candidate.Cut)
        )
            if (TargetPath.Create(model, at.Value, survey.Target, out var obstacle) is not { } path)
                return obstacle;
            else if (path.Separates && WeightEntry.Find(Builder, path) is null && path.Refusal(Builder) is { } refusal)
                return refusal;
        return null;
    }

    /// <summary>Adds what a region with curvature sources contributes.</summary>
    private void AddSource(
        CandidateSearch search,
        Survey survey,
        Cut from,
        Cut to,
        ImmutableArray<ITerm>.Builder terms,
        ImmutableArray<Value>.Builder closed
    )
    {
        var target = survey.Target;
        if (search.Costs.StartsAtWeight(from))
        {
            if (to.Kind == RegionKind.General && HessianDirections.RegionGradient(Builder, head.Loss, from.Value, to.Value) is { } own)
                terms.Add(new HessianProductTerm(target, own.Gradient, own.Fix));
            else if (
                to.Kind == RegionKind.Elementwise
                && ElementwiseSource.Diagonal(Builder, head.Loss, from.Value, to.Value) is { } diagonal
            )
                closed.Add(Reshape.To(Builder, target.RowsOf(Builder, diagonal), target.ResultType.Shape));
        }
        else if (to.Kind == RegionKind.General)
        {
            if (RegionAt(from.Value, to.Value, from == survey.PullBackEndpoint ? survey.Rows : null) is { } directions)
                terms.Add(Term(target, directions, false));
        }
        else if (SourceAt(from.Value, to.Value) is { } source)
        {
            if (survey.HasClosedForm(from) && WeightEntry.Find(Builder, Path(target, from.Value)) is { } entry)
                closed.Add(Closed(entry, survey.PullBackEndpoint.Value, from.Value, source));
            else
                terms.Add(Term(target, source, false));
        }
    }

    private HessianDirections? RegionAt(Value from, Value to, (long Start, long End)? rows)
    {
        if (!_regions.TryGetValue((from, to, rows), out var directions))
            _regions[(from, to, rows)] = directions = HessianDirections.OfRegion(Builder, head.Loss, from, to, proof.Separate(from), rows);
        return directions;
    }

    private ElementwiseDirections? SourceAt(Value from, Value to)
    {
        if (!_sources.TryGetValue((from, to), out var directions))
            _sources[(from, to)] = directions = ElementwiseSource.Diagonal(Builder, head.Loss, from, to) is { } diagonal
                ? new ElementwiseDirections(from, diagonal, proof.Separate(from))
                : null;
        return directions;
    }

    private TargetPath Path(Target target, Value to, bool jointly = false) =>
        TargetPath.Create(model, to, target, out var obstacle, jointly)
        ?? throw new InvalidOperationException($"A path was planned on although {obstacle}.");

    private ITerm Term(Target target, DirectionSource directions, bool isRoot) => Term(Path(target, directions.At), directions, isRoot);

    /// <summary>
    /// Directions pulled back, or those of the square root of the output Hessian pushed forward from the target where these are fewer.
    /// </summary>
    private ITerm Term(TargetPath path, DirectionSource directions, bool isRoot)
    {
        var entry = WeightEntry.Find(Builder, path);
        return isRoot && entry is not null && ForwardGramTerm.Create(Builder, path, head, proof.InOutput, entry, limits) is { } forward
            ? forward
            : new PullBackTerm(Builder, path, directions, entry, limits);
    }

    private Value Closed(WeightEntry entry, Value product, Value from, ElementwiseDirections source)
    {
        using var origin = Builder.For(entry.Site.Path.Target.CurvatureOrigin);
        var slope = ElementwiseSource.Slope(Builder, product, from);
        return ClosedForm.Of(
            Builder,
            entry,
            slope is null ? source.Diagonal : Mul.Of(Builder, source.Diagonal, Mul.Of(Builder, slope, slope))
        );
    }

    /// <summary>The survey from a target to the loss, and the ways to its diagonal, the one to be taken first.</summary>
    private sealed record Weighed(Survey Survey, ImmutableArray<Candidate> Candidates);
}
