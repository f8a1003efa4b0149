using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>How the diagonal of one weight will be had.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="IsExact">Whether the diagonal is exact, or estimated with a standard error for each entry.</param>
/// <param name="Method">The method: <c>square root of the output Hessian</c>, <c>hutchinson</c>.</param>
/// <param name="Reason">Why it is exact, or why it is estimated: a sentence.</param>
/// <param name="ExactSeconds">About how long the exact diagonal of this weight alone would take; shared work makes several cheaper.</param>
/// <param name="Flops">Floating-point operations of the exact diagonal, for one batch, of this weight alone.</param>
internal sealed record LayerPlan(
    string Weight,
    ImmutableArray<long> Shape,
    bool IsExact,
    string Method,
    string Reason,
    double ExactSeconds,
    double Flops
)
{
    /// <summary>The nodes that use it.</summary>
    public ImmutableArray<WeightUse> Uses { get; init; } = [];

    /// <summary>The nodes that use the weight, as people name them; the weight itself where no node of the model does.</summary>
    public string Node => Uses.IsEmpty ? Weight : string.Join(", ", Uses.Select(use => use.Node).Distinct());

    /// <summary>The operators of these nodes.</summary>
    public string Operator => string.Join(", ", Uses.Select(use => use.OperatorName).Distinct());

    /// <summary>The number of entries.</summary>
    public long Entries => Shape.Aggregate(1L, (product, size) => product * size);
}
