using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Directions at the active channels of every position only. The directions lie innermost, so that what is gathered are whole rows of
/// memory.
/// </summary>
/// <param name="Values">[M, K].</param>
/// <param name="Rows">Which row of the values belongs to each place, [R, A], R positions of all samples.</param>
/// <param name="Slopes">The factors that the values still lack, [R, A]; null where that is done, or where all are one.</param>
/// <param name="Channels">The channels of the A slots of a position.</param>
internal sealed record MaskedDirections(Value Values, Value Rows, Value? Slopes, NonzeroChannels Channels)
{
    /// <summary>
    /// The active entries of masked directions. They are not gathered before they are used, which spares a copy of them all.
    /// </summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="active">Where it is not zero.</param>
    /// <param name="shape">K, N, C and P of the directions.</param>
    public static MaskedDirections From(GraphBuilder b, ActivationMask mask, NonzeroChannels active, TensorShape shape)
    {
        var count = shape[0];
        var samples = shape[1];
        var channels = shape[2].Factor;
        var positions = shape[3].Factor;
        var size = samples * channels * (mask.Map?.Count ?? positions);
        var values = TransposeAxes.Of(b, Reshape.To(b, mask.Base, [count, size]), 1, 0);
        return new MaskedDirections(values, Entries(b, mask, active, shape), active.Slopes, active);
    }

    /// <summary>The outputs of a product at the active channels of the mask after it.</summary>
    public MaskedDirections Through(GraphBuilder b, MaskedLink link, NonzeroChannels next)
    {
        var values = link.IsSingle ? Product(b, b, b.Scalar(ElementType.Int64, 0), link, next, null) : AtNonzeroPositions(b, link, next);
        var slots = next.Indices.Type.Shape;
        // Where there is one position, the slots are those of its nonzero channels, which come first; others are never read. That asks for
        // no number on the host.
        var rows = slots[0].IsOne
            ? Sub.Of(b, next.Ordinals(b), b.Scalar(ElementType.Int64, 1))
            : Reshape.To(b, Numbers(b, slots.Elements), slots);
        return new MaskedDirections(Reshape.To(b, values, [slots.Elements, Directions]), rows, null, next);
    }

    /// <summary>
    /// The outputs of a product of one position at the nonzero entries of a mask that has positions of its own, as the channels of a
    /// flattened image go back to the slots of its pooling.
    /// </summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="link">The product.</param>
    /// <param name="mask">The mask after it.</param>
    /// <param name="product">The mask's factors, [1, C, P].</param>
    /// <param name="next">Where it is not zero.</param>
    public MaskedDirections GatherThroughPooling(GraphBuilder b, MaskedLink link, ActivationMask mask, Value product, NonzeroChannels next)
    {
        // Of a block of the product's outputs those that are read; blocks are what positions are elsewhere.
        var isRead = TransposeAxes.Of(
            b,
            Reshape.To(b, mask.NonzeroAtBase(b, product), [1, link.Blocks, link.Output[0].Factor / link.Blocks]),
            0,
            2,
            1
        );
        var end = OutputMask.Of(b, isRead, isMask: true);
        var values =
            link.Blocks > 1 ? InBlocks(b, link, end.Channels) : Product(b, b, b.Scalar(ElementType.Int64, 0), link, end.Channels, null);
        var rows = Gather.Of(b, end.Rows(b), Entries(b, mask, next, [Directions, .. product.Type.Shape]), 0);
        return new MaskedDirections(Reshape.To(b, values, [end.Channels.Indices.Type.Shape.Elements, Directions]), rows, next.Slopes, next);
    }

    /// <summary>The outputs of the last product at all channels, in a shape [K * N, O, *Q] with the axes put together in any way.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="link">The product.</param>
    /// <param name="end">The mask after it; null where there is none.</param>
    /// <param name="isGathered">Whether only entries of the output will be gathered, at which that mask is not zero: the others are then
    /// never made.</param>
    /// <param name="shape">The shape.</param>
    public Value Through(GraphBuilder b, MaskedLink link, OutputMask? end, bool isGathered, TensorShape shape)
    {
        if (link.IsSingle)
        {
            var product =
                link.Blocks > 1
                    ? Reshape.To(b, InBlocks(b, link, null), [link.Output[0], Directions])
                    : AllChannels(b, b.Scalar(ElementType.Int64, 0));
            return Reshape.To(b, TransposeAxes.Of(b, product, 1, 0), shape);
        }
        if (end is not null && isGathered && link.Samples.IsOne)
        {
            var gathered = Gather.Of(
                b,
                Reshape.To(b, AtNonzeroPositions(b, link, end.Channels), [end.Channels.Indices.Type.Shape.Elements, Directions]),
                end.Rows(b),
                0
            );
            return Reshape.To(
                b,
                TransposeAxes.Of(b, Reshape.To(b, gathered, [link.Taps.Outputs, link.Output[0], Directions]), 2, 1, 0),
                shape
            );
        }
        var stacked = AtAllPositions(b, link, AllChannels);
        if (link.Samples.IsOne)
            return Reshape.To(b, TransposeAxes.Of(b, stacked, 2, 1, 0), shape);
        var split = Reshape.To(b, stacked, [link.Samples, link.Taps.Outputs, link.Output[0], Directions]);
        return Reshape.To(b, TransposeAxes.Of(b, split, 3, 0, 2, 1), shape);

        Value AllChannels(GraphBuilder body, Value position) =>
            end is null
                ? Product(b, body, position, link, null, null)
                : end.AtAllChannels(
                    body,
                    Product(b, body, position, link, end.Channels, Gather.Of(body, end.Counts, position, 0)),
                    position
                );
    }

    /// <summary>
    /// The outputs of a product at all positions in the slots of a mask after it, [R, A, K]. Only those where it is not zero are computed.
    /// </summary>
    private Value AtNonzeroPositions(GraphBuilder b, MaskedLink link, NonzeroChannels next)
    {
        var counts = next.Counts(b);
        return AtAllPositions(
            b,
            link,
            (body, position) => next.InSlots(body, Product(b, body, position, link, next, Gather.Of(body, counts, position, 0)), position)
        );
    }

    /// <summary>Which entry of the mask's base belongs to each place, 64-bit integers [R, A].</summary>
    private static Value Entries(GraphBuilder b, ActivationMask mask, NonzeroChannels active, TensorShape shape)
    {
        var (samples, channels, positions) = (shape[1], shape[2].Factor, shape[3].Factor);
        var map = mask.Map ?? PositionMap.Same(positions);
        // Of sample n and channel c an entry at position p is entry (n * C + c) * Q + source(p).
        var sources = b.Vector([.. map.Sources.Select(source => (long)source)]);
        if (!samples.IsOne)
        {
            var starts = Mul.Of(b, Numbers(b, samples), b.Scalar(ElementType.Int64, channels * map.Count));
            sources = Reshape.To(b, Add.Of(b, Reshape.InsertAxis(b, starts, 1), sources), [samples * positions]);
        }
        return Add.Of(b, Reshape.InsertAxis(b, sources, 1), Mul.Of(b, active.Indices, b.Scalar(ElementType.Int64, map.Count)));
    }

    /// <summary>
    /// A product of one position with a large weight, a block of its directions after the other: what is gathered of a block stays within
    /// the cache, and takes no memory that has not been touched before. Gives all outputs, [B, O / B, K], or those of each block that are
    /// <paramref name="wanted"/>, [B, A, K].
    /// </summary>
    private Value InBlocks(GraphBuilder b, MaskedLink link, NonzeroChannels? wanted)
    {
        var isNonzero = Reshape.To(b, Channels.Mask, [Channels.Count]);
        var (channels, directions) = (Nonzero(Channels.Indices), Gather.Of(b, Values, Nonzero(Rows), 0));
        if (Slopes is not null)
            directions = Mul.Of(b, directions, Reshape.InsertAxis(b, Nonzero(Slopes), 1));
        var (matrix, width) = (link.Matrix(b), link.Output[0].Factor / link.Blocks);
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var block = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var first = Mul.Of(body, block, body.Vector(width));
        var ofBlock = Catalogue
            .Get<Slice>()
            .Apply(
                body,
                [matrix, first, Add.Of(body, first, body.Vector(width)), body.Vector(1)],
                types: [matrix.Type with { Shape = matrix.Type.Shape.With(1, width) }]
            )
            .Output;
        var weight = Gather.Of(body, ofBlock, channels, 0);
        var product = wanted is null
            ? Multiply(body, weight, directions, null)
            : wanted.InSlots(
                body,
                Multiply(body, weight, directions, wanted.First(body, wanted.Indices, block, Gather.Of(body, wanted.Counts(b), block, 0))),
                block
            );
        return Scan.Of(b, Numbers(b, link.Blocks), body.Build([block], [new NamedValue("product", product)]));

        Value Nonzero(Value slots) => Kept(b, slots, isNonzero);
    }

    private Dim Directions => Values.Type.Shape[1];

    /// <summary>
    /// A matrix product for one output position: of those rows and directions of the weight that belong to nonzero channels with what the
    /// position sees of the directions, [B, K]; B are the slots of the mask after it, no more of them than <paramref name="count"/> says
    /// where there is one, or all channels.
    /// </summary>
    private Value Product(GraphBuilder b, GraphBuilder body, Value position, MaskedLink link, NonzeroChannels? next, Value? count)
    {
        var seen = link.Taps.Seen(body, position, link.Samples, link.RowOf);
        var isNonzero = Reshape.To(body, Gather.Of(body, Channels.Mask, seen.Positions, 0), [seen.Count * Channels.Count]);
        var weight = Gather.Of(
            body,
            link.Matrix(b),
            Nonzero(Add.Of(body, Gather.Of(body, Channels.Indices, seen.Positions, 0), Reshape.InsertAxis(body, seen.Kernels, 1))),
            0
        );
        var directions = Gather.Of(body, Values, Nonzero(Gather.Of(body, Rows, seen.Positions, 0)), 0);
        if (Slopes is not null)
            directions = Mul.Of(body, directions, Reshape.InsertAxis(body, Nonzero(Gather.Of(body, Slopes, seen.Positions, 0)), 1));
        var product = Multiply(body, weight, directions, next is null ? null : Wanted(next.Indices), link.IsSingle);
        return next?.Slopes is { } slopes ? Mul.Of(body, product, Reshape.InsertAxis(body, Wanted(slopes), 1)) : product;

        Value Wanted(Value slots) => count is null ? Gather.Of(body, slots, position, 0) : next!.First(body, slots, position, count);

        // Of [T, A] those at which the mask is not zero.
        Value Nonzero(Value slots) => Kept(body, slots, isNonzero);
    }

    /// <summary>Of slots of any shape, in a row, those at which the mask is not zero.</summary>
    private static Value Kept(GraphBuilder b, Value slots, Value isNonzero)
    {
        TensorShape kept = [Dim.OfData($"nonzero_{isNonzero.Producer!.Id}")];
        return Catalogue
            .Get<Compress>()
            .Apply(
                b,
                [Reshape.To(b, slots, isNonzero.Type.Shape), isNonzero],
                Attributes.Empty.With("axis", 0L),
                types: [slots.Type with { Shape = kept }]
            )
            .Output;
    }

    /// <summary>The product of a weight [C, O] and directions [C, K], at all outputs or at those that are wanted.</summary>
    private static Value Multiply(GraphBuilder b, Value weight, Value directions, Value? wanted, bool isLarge = false)
    {
        // Of a large weight a copy that lies the other way takes longer than entries of rows do.
        if (wanted is null || isLarge)
            return Catalogue
                .Get<Gemm>()
                .Apply(b, [wanted is null ? weight : Gather.Of(b, weight, wanted, 1), directions], Attributes.Empty.With("transA", 1L))
                .Output;
        // Whole rows are gathered faster than entries of rows, and the product takes its left side by rows.
        return Catalogue.Get<Gemm>().Apply(b, [Gather.Of(b, TransposeAxes.Of(b, weight, 1, 0), wanted, 0), directions]).Output;
    }

    /// <summary>A scan of the output positions of all samples, which stacks what <paramref name="product"/> gives for each.</summary>
    private static Value AtAllPositions(GraphBuilder b, MaskedLink link, Func<GraphBuilder, Value, Value> product)
    {
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var position = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var program = body.Build([position], [new NamedValue("product", product(body, position))]);
        return Scan.Of(b, Numbers(b, link.Samples * link.Taps.Outputs), program);
    }

    private static Value Numbers(GraphBuilder b, Dim count) =>
        count.Known is { } known
            ? b.Vector([.. Enumerable.Range(0, (int)known).Select(number => (long)number)])
            : Catalogue
                .Get<Ops.Structure.Range>()
                .Apply(
                    b,
                    [
                        b.Scalar(ElementType.Int64, 0),
                        Reshape.To(b, Dims.ToValue(b, count), TensorShape.Scalar),
                        b.Scalar(ElementType.Int64, 1),
                    ],
                    types: [new TensorType(ElementType.Int64, [count])]
                )
                .Output;
}
