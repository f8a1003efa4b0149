using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Gates;

/// <summary>
/// Columns at the active channels of every position only. The columns lie innermost, so that what is picked are whole rows of memory.
/// </summary>
/// <param name="Values">[M, K].</param>
/// <param name="Rows">Which row of the values belongs to each place, [R, A], R positions of all samples.</param>
/// <param name="Slopes">What the values are still to be multiplied by, [R, A]; null where that is done, or where all are one.</param>
/// <param name="Channels">What the A places of a position are.</param>
internal sealed record ActiveColumns(Value Values, Value Rows, Value? Slopes, ActiveChannels Channels)
{
    /// <summary>The active entries of gated columns. They are not picked before they are used, which spares a copy of them all.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="active">Where it is open.</param>
    /// <param name="shape">K, N, C and P of the columns.</param>
    public static ActiveColumns From(GraphBuilder b, Gate gate, ActiveChannels active, TensorShape shape)
    {
        var (count, samples, channels, positions) = (shape[0], shape[1], shape[2].Factor, shape[3].Factor);
        var map = gate.Map ?? PositionMap.Same(positions);
        // Of sample n and channel c an entry at position p is in row (n * C + c) * Q + source(p).
        var sources = b.Vector([.. map.Sources.Select(source => (long)source)]);
        if (!samples.IsOne)
        {
            var starts = Mul.Of(b, Numbers(b, samples), b.Scalar(ElementType.Int64, channels * map.Count));
            sources = Reshape.To(b, Add.Of(b, Reshape.InsertAxis(b, starts, 1), sources), [samples * positions]);
        }
        var rows = Add.Of(b, Reshape.InsertAxis(b, sources, 1), Mul.Of(b, active.Indices, b.Scalar(ElementType.Int64, map.Count)));
        var values = TransposeAxes.Of(b, Reshape.To(b, gate.Base, [count, samples * channels * map.Count]), 1, 0);
        return new ActiveColumns(values, rows, active.Slopes, active);
    }

    /// <summary>What a product gives at the active channels of the gate after it.</summary>
    public ActiveColumns Through(GraphBuilder b, GatedLink link, ActiveChannels next)
    {
        var values = link.IsSingle ? Product(b, b, b.Scalar(ElementType.Int64, 0), link, next, null) : AtAllPositions(b, link, (body, position) => Product(b, body, position, link, next, null));
        var places = next.Indices.Type.Shape;
        // Where there is one position, the places are those of its open channels, which come first; others are never read. That asks for no number on the host.
        var rows = places[0].IsOne ? Sub.Of(b, next.Ordinals(b), b.Scalar(ElementType.Int64, 1)) : Reshape.To(b, Numbers(b, places.Elements), places);
        return new ActiveColumns(Reshape.To(b, values, [places.Elements, Columns]), rows, null, next);
    }

    /// <summary>What the last product gives at all channels, in a shape [K * N, O, *Q] with the axes put together in any way.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="link">The product.</param>
    /// <param name="end">The gate after it; null where there is none.</param>
    /// <param name="shape">The shape.</param>
    public Value Through(GraphBuilder b, GatedLink link, OpenEnd? end, TensorShape shape)
    {
        if (link.IsSingle)
            return Reshape.To(b, TransposeAxes.Of(b, AllChannels(b, b.Scalar(ElementType.Int64, 0)), 1, 0), shape);
        var stacked = AtAllPositions(b, link, AllChannels);
        if (link.Samples.IsOne)
            return Reshape.To(b, TransposeAxes.Of(b, stacked, 2, 1, 0), shape);
        var apart = Reshape.To(b, stacked, [link.Samples, link.Taps.Outputs, link.Output[0], Columns]);
        return Reshape.To(b, TransposeAxes.Of(b, apart, 3, 0, 2, 1), shape);

        Value AllChannels(GraphBuilder body, Value position)
        {
            if (end is null)
                return Product(b, body, position, link, null, null);
            var product = Product(b, body, position, link, end.Channels, Gather.Of(body, end.Counts, position, 0));
            var zeros = Expand.Of(body, body.Scalar(product.Type.Element, 0), [1, Columns]);
            return Gather.Of(body, Concat.Of(body, [product, zeros], 0), Gather.Of(body, end.Places, position, 0), 0);
        }
    }

    private Dim Columns => Values.Type.Shape[1];

    /// <summary>
    /// A matrix product for one output position: of those rows and columns of the weight that belong to open channels with what the position sees of the columns,
    /// [B, K]; B are the places of the gate after it, no more of them than <paramref name="count"/> says where there is one, or all channels.
    /// </summary>
    private Value Product(GraphBuilder b, GraphBuilder body, Value position, GatedLink link, ActiveChannels? next, Value? count)
    {
        var seen = link.Taps.Seen(body, position, link.Samples, link.Input[0].Factor);
        TensorShape all = [seen.Count * Channels.Count];
        var isOpen = Reshape.To(body, Gather.Of(body, Channels.AreOpen, seen.Positions, 0), all);
        TensorShape open = [Dim.Symbol($"open_{isOpen.Producer!.Id}")];
        var weight = Gather.Of(body, link.Matrix(b), Open(Add.Of(body, Gather.Of(body, Channels.Indices, seen.Positions, 0), Reshape.InsertAxis(body, seen.Kernels, 1))), 0);
        var columns = Gather.Of(body, Values, Open(Gather.Of(body, Rows, seen.Positions, 0)), 0);
        if (Slopes is not null)
            columns = Mul.Of(body, columns, Reshape.InsertAxis(body, Open(Gather.Of(body, Slopes, seen.Positions, 0)), 1));
        // Whole rows are picked faster than entries of rows, and the product takes its left side by rows.
        if (next is not null)
            weight = Gather.Of(body, TransposeAxes.Of(body, weight, 1, 0), Wanted(next.Indices), 0);
        var product = Catalogue.Get<Gemm>().Apply(body, [weight, columns], next is null ? Attributes.Empty.With("transA", 1L) : Attributes.Empty).Output;
        return next?.Slopes is { } slopes ? Mul.Of(body, product, Reshape.InsertAxis(body, Wanted(slopes), 1)) : product;

        Value Wanted(Value places) => count is null ? Gather.Of(body, places, position, 0) : next!.First(body, places, position, count);

        // Of [T, A] those at which the gate is open.
        Value Open(Value places) =>
            Catalogue.Get<Compress>().Apply(body, [Reshape.To(body, places, all), isOpen], Attributes.Empty.With("axis", 0L), types: [places.Type with { Shape = open }]).Output;
    }

    /// <summary>A scan of the output positions of all samples, which stacks what <paramref name="product"/> gives for each.</summary>
    private static Value AtAllPositions(GraphBuilder b, GatedLink link, Func<GraphBuilder, Value, Value> product)
    {
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var position = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var program = body.Build([position], [new NamedValue("product", product(body, position))]);
        return Scan.Of(b, Numbers(b, link.Samples * link.Taps.Outputs), program);
    }

    private static Value Numbers(GraphBuilder b, Dim count) => count.Known is { } known
        ? b.Vector([.. Enumerable.Range(0, (int)known).Select(number => (long)number)])
        : Catalogue.Get<Ops.Structure.Range>().Apply(b, [b.Scalar(ElementType.Int64, 0), Reshape.To(b, Dims.ToValue(b, count), TensorShape.Scalar), b.Scalar(ElementType.Int64, 1)],
            types: [new TensorType(ElementType.Int64, [count])]).Output;
}
