using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// The slices of x at tuples of coordinates: y[batch, places, …] = x[batch, indices[batch, places, :], …], where the first
/// <c>batch_dims</c> axes of both go together. Linear in x.
/// </summary>
internal sealed class GatherND : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>The slices of x at tuples.</summary>
    public static Value Of(GraphBuilder b, Value x, Value indices, int batchDims = 0) =>
        Catalogue
            .Get<GatherND>()
            .Apply(b, [x, indices], batchDims == 0 ? null : Attributes.Empty.With("batch_dims", (object)(long)batchDims))
            .Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, indices) = (call.Required(0).Type, call.Required(1));
        var depth = BatchDims(call.Attributes) + Tuples.Width(indices);
        if (depth > x.Rank)
            throw new UnsupportedOperatorException($"tuples of shape {indices.Type.Shape} have more coordinates than {x.Shape} has axes.");
        return [x with { Shape = indices.Type.Shape.Range(0, indices.Type.Rank - 1).Concat(x.Shape.Range(depth, x.Rank)) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, indices, shared) = (inputs[0]!, inputs[1]!, BatchDims(node.Attributes));
        var depth = shared + (int)indices.Shape[^1];
        return
        [
            x.Gather(
                [.. indices.Shape.Take(indices.Rank - 1), .. x.Shape.Skip(depth)],
                Tuples.WithSlices(Tuples.Positions(x.Shape, indices, shared), x.Shape, depth)
            ),
        ];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        ScatterND.Add(
            b,
            Expand.Of(b, b.Scalar(cy[0]!.Type.Element, 0), node.Inputs[0]!.Type.Shape),
            Tuples.WithCoordinates(b, node.Inputs[1]!, BatchDims(node.Attributes)),
            cy[0]!
        );

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        [
            Of(
                b,
                DirectionAxis.Repeat(b, inputs[0]!, batched[0], directions),
                DirectionAxis.Repeat(b, inputs[1]!, batched[1], directions),
                BatchDims(node.Attributes) + 1
            ),
        ];

    /// <summary>
    /// Samples stay separate along an axis that both inputs share, or along one of the places, or along one that is taken whole.
    /// </summary>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var (shared, width, places) = (BatchDims(node.Attributes), Tuples.Width(node.Inputs[1]!), node.Inputs[1]!.Type.Rank - 1);
        return
        [
            (inputs[0], inputs[1]) switch
            {
                ({ IsSeparate: true } data, { IsSeparate: true } indices) when data == indices && data.Axis < shared => data,
                ({ IsSeparate: true } data, { IsNone: true }) when data.Axis < shared => data,
                ({ IsSeparate: true } data, { IsNone: true }) when data.Axis >= shared + width => SampleLayout.At(
                    data.Axis - shared - width + places
                ),
                ({ IsNone: true }, { IsSeparate: true } indices) when indices.Axis < places => indices,
                _ => SampleLayout.Coupled,
            },
        ];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static int BatchDims(Attributes attributes) => (int)attributes.Int("batch_dims", 0);

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <inheritdoc/>
    public override bool Selects => true;
}
