using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Gram matrices over few positions contracted with X by a single matrix product, over all samples and pairs of positions p ≤ q:
/// diag[o, j] = Σ_n Σ_{p≤q} (G[n, o, p, q] + G[n, o, q, p]) X[n, j, p] X[n, j, q], with half of that where p = q. Of many samples some are
/// taken at a time.
/// </summary>
internal static class PositionPairs
{
    /// <summary>The number of pairs.</summary>
    public static double Count(double positions) => positions * (positions + 1) / 2;

    /// <summary>The diagonal [G, O, J] from Gram matrices [N, G, O, P, P].</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="site">The product that the weight enters.</param>
    /// <param name="gram">The matrices.</param>
    /// <param name="samplesAtOnce">How many samples' pairs are made at a time, where their number is known.</param>
    public static Value Contract(GraphBuilder b, ContractionSite site, Value gram, double samplesAtOnce)
    {
        var x = TransposeAxes.Last(b, site.Product.Unfolded);
        if (!site.Path.Samples.IsKnown || site.Path.Samples.Factor <= samplesAtOnce)
            return Sum(b, site, gram, x);
        var (samples, most) = (site.Path.Samples.Factor, (long)samplesAtOnce);
        var chunks = WholeNumbers.DivideUp(samples, most);
        var chunkLoop = new ChunkLoop(b, samples, (int)WholeNumbers.DivideUp(samples, chunks));
        var body = chunkLoop.Body;
        using var origin = body.For(b.Origin);
        var own = chunkLoop.Masked(Gather.Of(body, gram, chunkLoop.Indices, 0));
        var slot = chunkLoop.Accumulate(Sum(body, site, own, Gather.Of(body, x, chunkLoop.Indices, 0)));
        chunkLoop.Close();
        return chunkLoop.Result(slot);
    }

    /// <summary>The sum over the samples that some Gram matrices and the rows of X, [N, G, P, J], are of.</summary>
    private static Value Sum(GraphBuilder b, ContractionSite site, Value gram, Value x)
    {
        var samples = gram.Type.Shape[0];
        var groups = site.Groups;
        var positions = site.Positions.Factor;
        var inner = site.Inner;
        (long P, long Q)[] pairs =
        [
            .. Enumerable.Range(0, (int)positions).SelectMany(p => Enumerable.Range(p, (int)positions - p).Select(q => ((long)p, (long)q))),
        ];
        var count = samples * pairs.Length;
        var flat = Reshape.To(b, gram, [samples, groups, site.RowCount, positions * positions]);
        var both = Add.Of(b, At(flat, 3, pair => pair.P * positions + pair.Q), At(flat, 3, pair => pair.Q * positions + pair.P));
        var halves = b.Constant(Tensor.Of(gram.Type.Element, [pairs.Length], [.. pairs.Select(pair => pair.P == pair.Q ? 0.5 : 1)]));
        var weights = Reshape.To(b, TransposeAxes.Of(b, Mul.Of(b, both, halves), 1, 2, 0, 3), [groups, site.RowCount, count]);
        var products = Mul.Of(b, At(x, 2, pair => pair.P), At(x, 2, pair => pair.Q));
        return MatMul.Of(b, weights, Reshape.To(b, TransposeAxes.Of(b, products, 1, 0, 2, 3), [groups, count, inner]));

        Value At(Value value, int axis, Func<(long P, long Q), long> index) =>
            Gather.Of(b, value, b.Vector([.. pairs.Select(index)]), axis);
    }
}
