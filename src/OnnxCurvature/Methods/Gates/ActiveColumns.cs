using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Gates;

/// <summary>
/// Columns at the active channels of every position only. The columns lie innermost, so that what a position has is one piece of memory, and what is picked are whole
/// rows of it.
/// </summary>
/// <param name="Values">
/// [R, A, K], R positions of all samples; or, where <paramref name="Rows"/> tells where these are, [M, K], not yet multiplied by the slopes.
/// </param>
/// <param name="Rows">Rows of the values, [R, A]; null where they lie in order.</param>
/// <param name="Channels">What the A places of a position are.</param>
internal sealed record ActiveColumns(Value Values, Value? Rows, ActiveChannels Channels)
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
        return new ActiveColumns(values, rows, active);
    }

    /// <summary>What a product gives at the active channels of the gate after it.</summary>
    public ActiveColumns Through(GraphBuilder b, GatedLink link, ActiveChannels next)
    {
        var values = IsSingle(link)
            ? Reshape.InsertAxis(b, Product(b, b, b.Scalar(ElementType.Int64, 0), link, next), 0)
            : AtAllPositions(b, link, (body, position) => Product(b, body, position, link, next));
        return new ActiveColumns(values, null, next);
    }

    /// <summary>What a product gives at all channels, in the shape of its node's output, [K * N, O, *Q].</summary>
    public Value Through(GraphBuilder b, GatedLink link)
    {
        var shape = link.Node.Output.Type.Shape;
        if (IsSingle(link))
            return Reshape.To(b, TransposeAxes.Of(b, Product(b, b, b.Scalar(ElementType.Int64, 0), link, null), 1, 0), shape);
        var stacked = AtAllPositions(b, link, (body, position) => Product(b, body, position, link, null));
        if (link.Samples.IsOne)
            return Reshape.To(b, TransposeAxes.Of(b, stacked, 2, 1, 0), shape);
        var apart = Reshape.To(b, stacked, [link.Samples, link.Taps.Outputs, link.Output[0], Columns]);
        return Reshape.To(b, TransposeAxes.Of(b, apart, 3, 0, 2, 1), shape);
    }

    private Dim Columns => Values.Type.Shape[^1];

    private static bool IsSingle(GatedLink link) => link.Samples.IsOne && link.Taps.Outputs == 1;

    /// <summary>
    /// A matrix product for one output position: of those rows and columns of the weight that belong to open channels with what the position sees of the columns,
    /// [B, K]; B are the channels of the gate after it, or all.
    /// </summary>
    private Value Product(GraphBuilder b, GraphBuilder body, Value position, GatedLink link, ActiveChannels? next)
    {
        var seen = link.Taps.Seen(body, position, link.Samples, link.Input[0].Factor);
        var inner = seen.Count * Channels.Count;
        var places = Add.Of(body, Gather.Of(body, Channels.Indices, seen.Positions, 0), Reshape.InsertAxis(body, seen.Kernels, 1));
        var weight = Gather.Of(body, link.Matrix(b), Reshape.To(body, places, [inner]), 0);
        if (next is null)
            return TransposeMatMul(body, weight, At(body, seen.Positions, inner));
        var product = TransposeMatMul(body, Gather.Of(body, weight, Gather.Of(body, next.Indices, position, 0), 1), At(body, seen.Positions, inner));
        return Mul.Of(body, product, Reshape.InsertAxis(body, Gather.Of(body, next.Slopes, position, 0), 1));
    }

    /// <summary>The columns at some positions, [T * A, K].</summary>
    private Value At(GraphBuilder body, Value positions, Dim inner)
    {
        if (Rows is null)
            return Reshape.To(body, Gather.Of(body, Values, positions, 0), [inner, Columns]);
        var picked = Gather.Of(body, Values, Reshape.To(body, Gather.Of(body, Rows, positions, 0), [inner]), 0);
        return Mul.Of(body, picked, Reshape.To(body, Gather.Of(body, Channels.Slopes, positions, 0), [inner, 1]));
    }

    private static Value TransposeMatMul(GraphBuilder body, Value weight, Value columns) =>
        Catalogue.Get<Gemm>().Apply(body, [weight, columns], Attributes.Empty.With("transA", 1L)).Output;

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
