using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// Enumerates the exact ways to a Hessian diagonal. Each takes the second derivative at a separator s, ∇²ₛ, by the loss's factor or by
/// Hessian-vector products, and adds what the curvature sources between the target and s contribute, which must be entrywise:
/// diag H = Σ_n diag(Jₛᵀ ∇²ₛ Jₛ) + Σ_u Σ_n diag(Jᵤᵀ diag(λ φ''(u)) Jᵤ).
/// </summary>
internal sealed class CandidateSearch(LossHead head, SampleProof proof, PlanLimits limits)
{
    /// <summary>A Hessian-vector product takes about as much as this many forward passes: one for the tangent, one for the tangent of the backward pass, and what products of two values that both vary add.</summary>
    private const double ProductPasses = 2.5;

    /// <summary>What it takes to make an entry of a column of the loss's factor.</summary>
    private const double FactorEntryFlops = 4;

    /// <summary>All ways, the cheapest that is proven first, and after those that are proven the others.</summary>
    public ImmutableArray<Candidate> Of(Survey survey)
    {
        var candidates = new List<Candidate> { AtTarget(survey) };
        string? blocked = null;
        var obstacles = proof.Obstacles(survey.Nodes);
        var sources = SourceCosts(survey);
        foreach (var (index, separator) in survey.Separators.Index())
        {
            if (separator.Kind == RegionKind.General)
                blocked ??= $"between '{survey.Target.Value.Name}' and it {Sources.Listed(separator.Region, survey)} not act entry by entry";
            var at = separator.Value.Type;
            if (!at.Element.IsFloat())
                continue;
            if (separator.Value == head.Output && head.Factor is { } factor)
                candidates.Add(Costed(survey, separator, Candidate.ByFactor, FactorColumns(survey, factor), Math.Min(FactorEntryFlops * limits.Size(at.Shape.Elements), ProductPasses * survey.Flops(separator)), 1, sources[index], blocked ?? obstacles.Before(separator.Value, separator.Before)));
            // Within the loss nothing is narrower than its sum, and at a weight there is one way, which is in already.
            if (!IsKnown(at.Shape) || separator.Value.Producer?.Origin == "loss" || separator.Before == 0 && !proof.Of(separator.Value).IsSeparate)
                continue;
            var columns = Entries(separator, survey);
            candidates.Add(Costed(survey, separator, Candidate.AtCut, columns, ProductPasses * survey.Flops(separator), 2, sources[index],
                blocked ?? obstacles.Before(separator.Value, separator.Before) ?? obstacles.After(separator.Before)));
        }
        return [.. candidates.OrderBy(candidate => candidate.Obstacle is not null).ThenBy(candidate => candidate.Flops)];
    }

    /// <summary>The elementwise regions before a separator, each with the separator that it starts from.</summary>
    public static IEnumerable<(Separator From, Separator To)> SourcesBefore(Survey survey, Separator cut)
    {
        for (var index = 1; index < survey.Separators.Length && survey.Separators[index].Before <= cut.Before; index++)
            if (survey.Separators[index].Kind == RegionKind.Elementwise)
                yield return (survey.Separators[index - 1], survey.Separators[index]);
    }

    private Candidate AtTarget(Survey survey)
    {
        var (target, shape) = (survey.Target, survey.Target.Value.Type.Shape);
        var rows = shape.Rank == 0 ? 1 : target.IsPart ? (target.End - target.Start) * limits.Size(shape.Product(1, shape.Rank)) : limits.Size(shape.Elements);
        return new Candidate(Candidate.AtTarget, survey.Separators[0], false, rows, rows * ProductPasses * survey.Flops(survey.Separators[0]));
    }

    private Candidate Costed(Survey survey, Separator cut, string method, double columns, double tail, int sides, (double Flops, double Columns) sources, string? obstacle)
    {
        var flops = columns * (tail + sides * Pull(survey, cut)) + Contraction(survey, columns) + sources.Flops;
        return new Candidate(method, cut, method == Candidate.ByFactor, columns + sources.Columns, flops, obstacle);
    }

    /// <summary>For every separator, the operations and columns of all elementwise sources before it.</summary>
    private (double Flops, double Columns)[] SourceCosts(Survey survey)
    {
        var sums = new (double Flops, double Columns)[survey.Separators.Length];
        for (var index = 1; index < sums.Length; index++)
        {
            sums[index] = sums[index - 1];
            if (survey.Separators[index].Kind != RegionKind.Elementwise)
                continue;
            var from = survey.Separators[index - 1];
            var own = limits.Size(from.Value.Type.Rank == 0 ? 1 : from.Value.Type.Shape.Range(1, from.Value.Type.Rank).Elements);
            if (survey.HasClosedForm(from))
                sums[index].Flops += Contraction(survey, 1);
            else
                sums[index] = (sums[index].Flops + own * Pull(survey, from) + Contraction(survey, own), sums[index].Columns + own);
        }
        return sums;
    }

    /// <summary>The columns of the loss's factor, or those that are pushed forward from the target's product where these are fewer.</summary>
    private double FactorColumns(Survey survey, LossFactor factor) =>
        limits.OneRunForEachChunk || survey.Entry is null || survey.Landing.Before == 0 || !IsKnown(survey.Landing.Value.Type.Shape) ? factor.Columns : Math.Min(factor.Columns, Entries(survey.Landing, survey));

    /// <summary>The entries of one sample of a separator; of a product's output only those of the rows that are asked for.</summary>
    private double Entries(Separator separator, Survey survey)
    {
        var shape = separator.Value.Type.Shape;
        var all = limits.Size(proof.Samples == 1 || shape.Rank == 0 ? shape.Elements : shape.Range(1, shape.Rank).Elements);
        return separator == survey.Landing && survey.Rows is { } rows ? all / limits.Size(shape[1]) * (rows.End - rows.Start) : all;
    }

    private static double Pull(Survey survey, Separator cut) => survey.Landing is var landing && landing.Before < cut.Before ? survey.Flops(landing, cut) : 0;

    /// <summary>The last contraction of columns at the target's product, directly or by Gram matrices.</summary>
    private double Contraction(Survey survey, double columns)
    {
        if (survey.Entry is not { } entry)
            return columns * limits.Size(survey.Target.Value.Type.Shape.Elements) * 2 * limits.Size(proof.Samples);
        var (positions, inner, output) = (limits.Size(entry.Product.Columns.Type.Shape[3]), limits.Size(entry.Product.Columns.Type.Shape[2]), limits.Size(entry.Output.Type.Shape.Elements));
        return positions <= 1 ? output * (columns + 2 * inner) : 2 * output * Math.Min(inner * columns, positions * (columns + inner));
    }

    private bool IsKnown(TensorShape shape) => shape.Rank == 0 || (proof.Samples == 1 ? shape : shape.Range(1, shape.Rank)).IsKnown;
}
