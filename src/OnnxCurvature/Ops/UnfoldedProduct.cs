using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// An operator's dependence on a weight, written as a plain matrix product: for each sample n and group g,
/// y[n, g, o, p] = Σ_j w[g, o, j] X[n, g, j, p] over positions p, up to what does not depend on w. The gradient of one sample is then
/// Σ_p δ[o, p] X[j, p], and squares of it can be summed without forming it.
/// </summary>
/// <param name="Unfolded">X, of shape [N, G, J, P].</param>
/// <param name="Cotangents">From cotangents [K, *y] to [K, N, G, O, P].</param>
/// <param name="Weight">From [G, O, J] to the weight's shape.</param>
internal sealed record UnfoldedProduct(Value Unfolded, Func<GraphBuilder, Value, Value> Cotangents, Func<GraphBuilder, Value, Value> Weight)
{
    /// <summary>Where X are windows of a single image, with one group: these windows. Null elsewhere.</summary>
    public IWindowTable? Windows { get; init; }
}
