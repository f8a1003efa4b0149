using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Gates;

/// <summary>Columns at the active channels of every position only.</summary>
/// <param name="Values">[K, R, A], R positions of all samples.</param>
/// <param name="Channels">What the A places of a position are.</param>
internal sealed record ActiveColumns(Value Values, ActiveChannels Channels)
{
    /// <summary>Takes the active entries of gated columns.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="active">Where it is open.</param>
    /// <param name="shape">K, N, C and P of the columns.</param>
    public static ActiveColumns From(GraphBuilder b, Gate gate, ActiveChannels active, TensorShape shape)
    {
        var (count, samples, channels, positions) = (shape[0], shape[1], shape[2].Factor, shape[3].Factor);
        var map = gate.Map ?? PositionMap.Same(positions);
        // Of sample n and channel c an entry at position p is at (n * C + c) * Q + source(p).
        var sources = b.Vector([.. map.Sources.Select(source => (long)source)]);
        var rows = samples * positions;
        if (!samples.IsOne)
        {
            var starts = Mul.Of(b, Numbers(b, samples), b.Scalar(ElementType.Int64, channels * map.Count));
            sources = Reshape.To(b, Add.Of(b, Reshape.InsertAxis(b, starts, 1), sources), [rows]);
        }
        var places = Add.Of(b, Reshape.InsertAxis(b, sources, 1), Mul.Of(b, active.Indices, b.Scalar(ElementType.Int64, map.Count)));
        var all = Gather.Of(b, Reshape.To(b, gate.Base, [count, samples * channels * map.Count]), Reshape.To(b, places, [rows * active.Count]), 1);
        return new ActiveColumns(Mul.Of(b, Reshape.To(b, all, [count, rows, active.Count]), active.Slopes), active);
    }

    /// <summary>What a product gives at the active channels of the gate after it.</summary>
    public ActiveColumns Through(GraphBuilder b, GatedLink link, ActiveChannels next)
    {
        if (IsSingle(link))
            return new ActiveColumns(Reshape.To(b, Product(b, b, b.Scalar(ElementType.Int64, 0), link, next), [Columns, 1, next.Count]), next);
        var stacked = AtAllPositions(b, link, (body, position) => Product(b, body, position, link, next));
        return new ActiveColumns(TransposeAxes.Of(b, stacked, 1, 0, 2), next);
    }

    /// <summary>What a product gives at all channels, in the shape of its node's output, [K * N, O, *Q].</summary>
    public Value Through(GraphBuilder b, GatedLink link)
    {
        var shape = link.Node.Output.Type.Shape;
        if (IsSingle(link))
            return Reshape.To(b, Product(b, b, b.Scalar(ElementType.Int64, 0), link, null), shape);
        // Columns innermost: those who take the result contract it over them, and small matrices are transposed faster than the whole.
        var stacked = AtAllPositions(b, link, (body, position) => TransposeAxes.Last(body, Product(b, body, position, link, null)));
        if (link.Samples.IsOne)
            return Reshape.To(b, TransposeAxes.Of(b, stacked, 2, 1, 0), shape);
        var apart = Reshape.To(b, stacked, [link.Samples, link.Taps.Outputs, link.Output[0], Columns]);
        return Reshape.To(b, TransposeAxes.Of(b, apart, 3, 0, 2, 1), shape);
    }

    private Dim Columns => Values.Type.Shape[0];

    private static bool IsSingle(GatedLink link) => link.Samples.IsOne && link.Taps.Outputs == 1;

    /// <summary>
    /// A matrix product for one output position: of what it sees of the columns with those rows and columns of the weight that belong to open channels,
    /// [K, B]; B are the channels of the gate after it, or all.
    /// </summary>
    private Value Product(GraphBuilder b, GraphBuilder body, Value position, GatedLink link, ActiveChannels? next)
    {
        var seen = link.Taps.Seen(body, position, link.Samples, link.Input[0].Factor);
        var inner = seen.Count * Values.Type.Shape[2];
        var windows = Reshape.To(body, Gather.Of(body, Values, seen.Positions, 1), [Columns, inner]);
        var rows = Add.Of(body, Gather.Of(body, Channels.Indices, seen.Positions, 0), Reshape.InsertAxis(body, seen.Kernels, 1));
        var weight = Gather.Of(body, link.Matrix(b), Reshape.To(body, rows, [inner]), 0);
        if (next is null)
            return MatMul.Of(body, windows, weight);
        var product = MatMul.Of(body, windows, Gather.Of(body, weight, Gather.Of(body, next.Indices, position, 0), 1));
        return Mul.Of(body, product, Gather.Of(body, next.Slopes, position, 0));
    }

    /// <summary>A loop over the output positions of all samples, which stacks what <paramref name="product"/> gives for each.</summary>
    private static Value AtAllPositions(GraphBuilder b, GatedLink link, Func<GraphBuilder, Value, Value> product)
    {
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var position = body.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var going = body.Parameter(new TensorType(ElementType.Bool, TensorShape.Scalar));
        var result = product(body, position);
        var still = Catalogue.Get<Identity>().Apply(body, [going]).Output;
        var program = body.Build([position, going], [new NamedValue("going", still), new NamedValue("product", result)]);
        var count = link.Samples * link.Taps.Outputs;
        return Catalogue.Get<Loop>().Apply(b, [Reshape.To(b, Dims.ToValue(b, count), TensorShape.Scalar), null], Attributes.Empty.With("body", program), 1,
            [result.Type with { Shape = result.Type.Shape.Prepend(count) }]).Output;
    }

    private static Value Numbers(GraphBuilder b, Dim count) => count.Known is { } known
        ? b.Vector([.. Enumerable.Range(0, (int)known).Select(number => (long)number)])
        : Catalogue.Get<Ops.Structure.Range>().Apply(b, [b.Scalar(ElementType.Int64, 0), Reshape.To(b, Dims.ToValue(b, count), TensorShape.Scalar), b.Scalar(ElementType.Int64, 1)],
            types: [new TensorType(ElementType.Int64, [count])]).Output;
}
