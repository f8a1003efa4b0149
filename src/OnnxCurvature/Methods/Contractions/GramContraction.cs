using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>
/// Sums the Gram matrices G[n, o] = Σ_c δ_c[n, o, :] δ_c[n, o, :]ᵀ of the directions over positions, and contracts them once, row by row of
/// the weight: diag[o, j] = Σ_n Σ_pq X[n, j, p] G[n, o, p, q] X[n, j, q]. The second chunk loop does not grow with the directions. With a
/// <paramref name="selection"/> the positions are the outputs of the pooling after the product, and X is gathered at its argmax positions.
/// Of few positions all pairs can be contracted at once, <paramref name="inPairs"/>.
/// </summary>
internal sealed class GramContraction(ContractionSite site, PositionSelection? selection, PlanLimits limits, bool inPairs = false)
    : IContraction
{
    /// <summary>On a device each iteration costs launches of all its kernels.</summary>
    private const double BytesAtOnceOnDevice = 2.0 * (1 << 30);

    /// <summary>X at the rows of an iteration, its product with their matrices, and that times X.</summary>
    private const int ValuesOfAnIteration = 3;

    /// <inheritdoc/>
    public string Description =>
        selection is null
            ? $"Gram matrices of δ over {site.Positions} positions{(inPairs ? ", by pairs of them" : "")}"
            : $"Gram matrices of δ over the {selection.Positions} argmax positions of {selection.Pool}";

    /// <inheritdoc/>
    public bool MultipliesPairs => true;

    private Dim Positions => selection?.Positions ?? site.Positions;

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var (outer, body, samples) = (chunkLoop.Outer, chunkLoop.Body, site.Path.Samples);
        var slopes = chunkLoop.MasksProducts ? selection?.Slopes : null;
        if (
            slopes is not null
            && NonzeroPositions.Serve(site, selection!)
            && (limits.MasksProducts ?? NonzeroPositions.AreWorthwhile(site, selection!, limits.Machine))
        )
            return new NonzeroPositions(outer, site, selection!).Build(
                chunkLoop,
                directions.Select(Pooled).Resolved(body, SampleLayout.At(0))
            );
        var delta = selection is null
            ? site.Pull(chunkLoop, directions)
            : directions
                .Select(side =>
                {
                    var pooled = Pooled(side);
                    return site.Cut(body, Reshape.To(body, pooled, [pooled.Type.Shape[0], samples, 1, site.Outputs, Positions]), 3);
                })
                .Resolved(body, SampleLayout.At(0));
        // [N, G, O, Q, K] · [N, G, O, K, Q]. Without axes of one, runtimes take the transpositions into the product.
        var shape = delta.Left.Type.Shape;
        var rows =
            samples.IsOne && site.Groups.IsOne
                ? delta.Select(side => TransposeAxes.Of(body, Reshape.To(body, side, [shape[0], shape[3], shape[4]]), 1, 0, 2))
                : delta.Select(side => TransposeAxes.Of(body, side, 1, 2, 3, 0, 4));
        var gram = MatMul.Of(body, TransposeAxes.Last(body, rows.Left), rows.Right ?? rows.Left);
        var slot = chunkLoop.Accumulate(
            Reshape.To(body, gram, [samples, site.Groups, .. gram.Type.Shape.Range(gram.Type.Rank - 3, gram.Type.Rank)])
        );
        return () => Contract(outer, chunkLoop.Result(slot), slopes is not null);

        // δ at the argmax positions, with the slopes after the product where these are to be a mask.
        Value Pooled(Value side)
        {
            var pooled = selection!.Pull(chunkLoop, site, side);
            return slopes is null ? pooled : Mul.Of(body, Reshape.To(body, pooled, [pooled.Type.Shape[0], .. slopes.Type.Shape]), slopes);
        }
    }

    /// <summary>Contracts Gram matrices with X, a few rows o at a time.</summary>
    /// <param name="outer">Where the nodes are built.</param>
    /// <param name="gram">The matrices, [N, G, O, Q, Q].</param>
    /// <param name="isSloped">Whether they hold the slopes at argmax positions already.</param>
    public Value Contract(GraphBuilder outer, Value gram, bool isSloped)
    {
        var atOnce =
            limits.Provider == ExecutionProvider.Cpu
                ? limits.ContractionBytes
                : Math.Min(BytesAtOnceOnDevice, limits.MemoryBytes / ValuesOfAnIteration);
        if (inPairs)
        {
            var pairs = limits.Size(site.Groups * site.Inner) * PositionPairs.Count(Positions.Factor) * gram.Type.Element.Size();
            return PositionPairs.Contract(outer, site, gram, Math.Max(1, Math.Floor(atOnce / pairs)));
        }
        var rows = site.RowCount.Factor;
        var bytes = limits.Size(site.Path.Samples * site.Groups * Positions * site.Inner) * gram.Type.Element.Size();
        var chunk = (int)Math.Clamp(atOnce / bytes, 1, rows);
        // As many chunks, all of about as many rows.
        var chunks = WholeNumbers.DivideUp(rows, chunk);
        chunk = (int)WholeNumbers.DivideUp(rows, chunks);
        var chunkLoop = new ChunkLoop(outer, rows, chunk);
        var body = chunkLoop.Body;
        using var origin = body.For(outer.Origin);
        var g = Gather.Of(body, gram, chunkLoop.Indices, 2);
        var slot = chunkLoop.Collect(selection is null ? AtPositions(chunkLoop, g) : AtArgmax(chunkLoop, g, isSloped));
        chunkLoop.Close();
        // [O, G, J] to [G, O, J]
        return TransposeAxes.Of(outer, chunkLoop.Result(slot), 1, 0, 2);
    }

    private Value AtPositions(ChunkLoop chunkLoop, Value gram)
    {
        var (body, samples, positions) = (chunkLoop.Body, site.Path.Samples, site.Positions);
        // [N, G, P, J]
        var x = TransposeAxes.Last(chunkLoop.Outer, site.Product.Unfolded);
        var product = MatMul.Of(body, Reshape.To(body, gram, [samples, site.Groups, positions * chunkLoop.ChunkSize, positions]), x);
        var weighted = Mul.Of(
            body,
            Reshape.To(body, product, [samples, site.Groups, chunkLoop.ChunkSize, positions, site.Inner]),
            Reshape.InsertAxis(chunkLoop.Outer, x, 2)
        );
        return TransposeAxes.Of(body, ReduceSum.Of(body, weighted, [0, 3], keepDims: false), 1, 0, 2);
    }

    private Value AtArgmax(ChunkLoop chunkLoop, Value gram, bool isSloped)
    {
        var outer = chunkLoop.Outer;
        var body = chunkLoop.Body;
        var samples = site.Path.Samples;
        var positions = Positions;
        gram = Reshape.To(body, gram, [samples, chunkLoop.ChunkSize, positions, positions]);
        if (!isSloped && selection!.Slopes is { } slopes)
        {
            var own = Gather.Of(body, site.Cut(outer, slopes, 1), chunkLoop.Indices, 1);
            gram = Mul.Of(body, Mul.Of(body, gram, Reshape.InsertAxis(body, own, 3)), Reshape.InsertAxis(body, own, 2));
        }
        // Rows of X [N * P, J] at the argmax positions of the rows o of this chunk: [N, O, Q, J].
        var indices = Gather.Of(body, site.Cut(outer, selection!.OfAllSamples(outer, site), 1), chunkLoop.Indices, 1);
        var x = PositionSelection.RowsOfX(outer, body, site, indices);
        var weighted = Mul.Of(body, MatMul.Of(body, gram, x), x);
        // The sum over positions as a product with ones: runtimes reduce a middle axis slowly.
        var ones = Expand.Of(outer, outer.Scalar(gram.Type.Element, 1), [1, positions]);
        return ReduceSum.Of(body, MatMul.Of(body, ones, weighted), [0], keepDims: false);
    }
}
