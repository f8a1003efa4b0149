using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>y[i, …, j, …] = x[i, …, indices[i, …, j, …], …]: along an axis every place has an index of its own. Linear in x.</summary>
internal sealed class GatherElements : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>The entries at indices of the same rank.</summary>
    public static Value Of(GraphBuilder b, Value x, Value indices, int axis) =>
        Catalogue.Get<GatherElements>().Apply(b, [x, indices], Attributes.Empty.With("axis", (object)(long)axis)).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, indices) = (call.Required(0).Type, call.Required(1).Type);
        _ = Axes.Normalize(call.Attributes.Int("axis", 0), x.Rank);
        return x.Rank == indices.Rank
            ? [x with { Shape = indices.Shape }]
            : throw new UnsupportedOperatorException($"{Name} takes indices of the rank of {x.Shape}, not of shape {indices.Shape}.");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, indices) = (inputs[0]!, inputs[1]!);
        return [x.Gather(indices.Shape.AsSpan(), ElementPositions.Of(x.Shape, indices, Axis(node)))];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        ScatterElements.Add(
            b,
            Expand.Of(b, b.Scalar(cy[0]!.Type.Element, 0), node.Inputs[0]!.Type.Shape),
            node.Inputs[1]!,
            cy[0]!,
            Axis(node)
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
                Axis(node) + 1
            ),
        ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [ElementPositions.Samples(node, inputs, Axis(node))];

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static int Axis(Node node) => Axes.Normalize(node.Attributes.Int("axis", 0), node.Output.Type.Rank);

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <inheritdoc/>
    public override bool Selects => true;

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis) =>
        input == 0 && Axis(node) != axis ? new RowRule(axis, [axis, axis]) : null;
}
