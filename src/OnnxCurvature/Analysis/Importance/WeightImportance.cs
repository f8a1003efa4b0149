using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Analysis.Importance;

/// <summary>The importance of the entries of one weight.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Node">The nodes that use it.</param>
/// <param name="Element">The type of its entries.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Anchor">a: its entries.</param>
/// <param name="Importance">Fᵢᵢ.</param>
/// <param name="StandardErrors">The standard error of each entry where these are estimates; else null.</param>
public sealed record WeightImportance(
    string Weight,
    string Node,
    ElementType Element,
    ImmutableArray<long> Shape,
    ImmutableArray<double> Anchor,
    ImmutableArray<double> Importance,
    ImmutableArray<double>? StandardErrors
)
{
    /// <summary>The sum of the entries.</summary>
    public double Sum => Importance.Sum();

    /// <summary>The share of entries that are zero: a task needs them not at all.</summary>
    public double ZeroShare => Importance.Count(entry => entry == 0) / (double)Importance.Length;
}
