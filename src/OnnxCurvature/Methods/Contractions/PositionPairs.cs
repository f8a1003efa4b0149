using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Gram matrices over few positions contracted with X by a single matrix product, over all samples and pairs of positions p ≤ q:
/// diag[o, j] = Σ_n Σ_{p≤q} (G[n, o, p, q] + G[n, o, q, p]) X[n, j, p] X[n, j, q], with half of that where p = q.
/// </summary>
internal static class PositionPairs
{
    /// <summary>The number of pairs.</summary>
    public static double Count(double positions) => positions * (positions + 1) / 2;

    /// <summary>The diagonal [G, O, J] from Gram matrices [N, G, O, P, P].</summary>
    public static Value Contract(GraphBuilder b, ContractionSite site, Value gram)
    {
        var (samples, groups, positions, inner) = (site.Path.Samples, site.Groups, site.Positions.Factor, site.Inner);
        (long P, long Q)[] pairs =
        [
            .. Enumerable.Range(0, (int)positions).SelectMany(p => Enumerable.Range(p, (int)positions - p).Select(q => ((long)p, (long)q))),
        ];
        var count = samples * pairs.Length;
        var flat = Reshape.To(b, gram, [samples, groups, site.RowCount, positions * positions]);
        var both = Add.Of(b, At(flat, 3, pair => pair.P * positions + pair.Q), At(flat, 3, pair => pair.Q * positions + pair.P));
        var halves = b.Constant(Tensor.Of(gram.Type.Element, [pairs.Length], [.. pairs.Select(pair => pair.P == pair.Q ? 0.5 : 1)]));
        var weights = Reshape.To(b, TransposeAxes.Of(b, Mul.Of(b, both, halves), 1, 2, 0, 3), [groups, site.RowCount, count]);
        var x = TransposeAxes.Last(b, site.Product.Unfolded);
        var products = Mul.Of(b, At(x, 2, pair => pair.P), At(x, 2, pair => pair.Q));
        return MatMul.Of(b, weights, Reshape.To(b, TransposeAxes.Of(b, products, 1, 0, 2, 3), [groups, count, inner]));

        Value At(Value value, int axis, Func<(long P, long Q), long> index) =>
            Gather.Of(b, value, b.Vector([.. pairs.Select(index)]), axis);
    }
}
