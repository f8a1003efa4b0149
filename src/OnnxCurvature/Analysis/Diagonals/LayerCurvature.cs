using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>One weight: its entries, and the first and second derivatives of the loss by each of them.</summary>
/// <param name="Plan">How the diagonal was had.</param>
/// <param name="Values">wᵢ, the weight's entries, row-major.</param>
/// <param name="Gradient">∂L/∂wᵢ.</param>
/// <param name="Diagonal">∂²L/∂wᵢ², or the Gauss–Newton diagonal; where the plan says so, an estimate.</param>
/// <param name="StandardErrors">The standard error of each entry of an estimate; null where the diagonal is exact.</param>
public sealed record LayerCurvature(
    LayerPlan Plan,
    ImmutableArray<double> Values,
    ImmutableArray<double> Gradient,
    ImmutableArray<double> Diagonal,
    ImmutableArray<double>? StandardErrors
)
{
    /// <summary>The weight's name.</summary>
    public string Weight => Plan.Weight;

    /// <summary>The sizes, outermost first.</summary>
    public ImmutableArray<long> Shape => Plan.Shape;

    /// <summary>
    /// A bound of the standard error of Σᵢ cᵢ Hᵢᵢ: Σᵢ |cᵢ| sᵢ. Errors of entries are correlated, since they share directions, so their
    /// squares do not add up; but the deviation of a sum is never more than the sum of the deviations. 0 where the diagonal is exact.
    /// </summary>
    /// <param name="coefficient">cᵢ, by the position of the entry.</param>
    internal double ErrorBound(Func<int, double> coefficient)
    {
        if (StandardErrors is not { } errors)
            return 0;
        double sum = 0;
        for (var index = 0; index < errors.Length; index++)
            sum += Math.Abs(coefficient(index)) * errors[index];
        return sum;
    }
}
