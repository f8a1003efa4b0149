using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// data with updates put to, or with reduction <c>add</c> added at, places that indices along an axis give. Linear in data and updates
/// together. Updates that are not added must go to places of their own; ONNX leaves it open which of two would win.
/// </summary>
internal sealed class ScatterElements : Operator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>data with updates added at indices of the same rank.</summary>
    public static Value Add(GraphBuilder b, Value data, Value indices, Value updates, int axis) =>
        Catalogue
            .Get<ScatterElements>()
            .Apply(b, [data, indices, updates], Attributes.Empty.With("axis", (object)(long)axis).With("reduction", "add"))
            .Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (data, indices, updates) = (call.Required(0).Type, call.Required(1).Type, call.Required(2).Type);
        _ = Axes.Normalize(call.Attributes.Int("axis", 0), data.Rank);
        return indices.Rank == data.Rank && updates.Rank == data.Rank
            ? [data]
            : throw new UnsupportedOperatorException(
                $"{Name} takes data, indices and updates of one rank, not {data.Shape}, {indices.Shape} and {updates.Shape}."
            );
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [
            Scattering.Evaluate(
                inputs[0]!,
                ElementPositions.Of(inputs[0]!.Shape, inputs[1]!, Axis(node)),
                inputs[2]!,
                Scattering.Reduction(node.Attributes)
            ),
        ];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Scattering.CurvatureIn(node, active);

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        Scattering.Linearize(b, node, dx, x => GatherElements.Of(b, x, node.Inputs[1]!, Axis(node)));

    /// <summary>
    /// cdata is cy, with zeros where an update was put; cupdates are the entries of cy at the indices.
    /// </summary>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input switch
        {
            0 when Scattering.Reduction(node.Attributes) == "add" => cy[0],
            0 => Apply(b, [cy[0], node.Inputs[1], Scattering.Tangent(b, node.Inputs[2]!, null)], node.Attributes).Output,
            2 => GatherElements.Of(b, cy[0]!, node.Inputs[1]!, Axis(node)),
            _ => base.Transpose(b, node, input, cy),
        };

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) =>
        [
            Apply(
                b,
                [.. inputs.Select((value, index) => DirectionAxis.Repeat(b, value!, batched[index], directions))],
                node.Attributes.With("axis", (object)(Axis(node) + 1L))
            ).Output,
        ];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [ElementPositions.Samples(node, inputs, Axis(node))];

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => Scattering.MinimumOpset(node.Attributes);

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => size(node.Inputs[2]!.Type.Shape.Elements);

    private static int Axis(Node node) => Axes.Normalize(node.Attributes.Int("axis", 0), node.Output.Type.Rank);

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <summary>One thread copies the data, and puts entry by entry where its index says.</summary>
    public override KernelUse KernelUse(Node node, Func<Dim, double> size) => new(Traffic: 3, OnOneThread: true);
}
