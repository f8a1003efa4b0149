using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>One weight: its entries, and the first and second derivatives of the loss by each of them.</summary>
public sealed record LayerCurvature
{
    internal LayerCurvature(LayerPlan plan) => Plan = plan;

    /// <summary>wᵢ, the weight's entries, row-major.</summary>
    public required ImmutableArray<double> Values { get; init; }

    /// <summary>∂L/∂wᵢ.</summary>
    public required ImmutableArray<double> Gradient { get; init; }

    /// <summary>∂²L/∂wᵢ², or the Gauss–Newton diagonal; an estimate unless <see cref="IsExact"/>.</summary>
    public required ImmutableArray<double> Diagonal { get; init; }

    /// <summary>The standard error of each entry of an estimate; null where the diagonal is exact.</summary>
    public required ImmutableArray<double>? StandardErrors { get; init; }

    /// <summary>Whether the diagonal is exact, or estimated with a standard error for each entry.</summary>
    public bool IsExact => Plan.IsExact;

    /// <summary>The method: <c>square root of the output Hessian</c>, <c>hutchinson</c>.</summary>
    public string Method => Plan.Method;

    /// <summary>Why the diagonal is exact, or why it is estimated: a sentence.</summary>
    public string Reason => Plan.Reason;

    /// <summary>The nodes that use the weight, as people name them; the weight itself where no node of the model does.</summary>
    public string Node => Plan.Node;

    /// <summary>The operators of these nodes.</summary>
    public string Operator => Plan.Operator;

    internal LayerPlan Plan { get; init; }

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
