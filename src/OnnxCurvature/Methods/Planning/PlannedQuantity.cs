using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;

namespace OnnxCurvature.Methods.Planning;

/// <summary>A quantity of a target as a sum of terms.</summary>
/// <param name="Target">The target.</param>
/// <param name="Quantities">The quantities that the sum gives; more than one where two quantities are the same number.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Reason">One sentence: why the result is exact.</param>
/// <param name="Terms">The terms from directions.</param>
/// <param name="Closed">The terms that need none, of the target's result type.</param>
/// <param name="Candidates">The ways that were weighed.</param>
internal sealed record PlannedQuantity(
    Target Target,
    ImmutableArray<Quantity> Quantities,
    string Method,
    string Reason,
    ImmutableArray<ITerm> Terms,
    ImmutableArray<Value> Closed,
    ImmutableArray<CandidateReport> Candidates
)
{
    /// <summary>Of what the sum is put together.</summary>
    public DerivativeWay Way =>
        !Closed.IsEmpty || Terms.IsEmpty ? DerivativeWay.Mixed
        : Terms.All(term => term.IsOfSquares) ? DerivativeWay.Squares
        : Terms.All(term => term is HessianProductTerm) ? DerivativeWay.Products
        : DerivativeWay.Mixed;

    /// <summary>The curvature sources on the way.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];
}
