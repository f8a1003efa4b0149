using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// data with slices of updates put to, or with reduction <c>add</c> added at, tuples of coordinates. Linear in data and updates together.
/// Updates that are not added must go to places of their own; ONNX leaves it open which of two would win.
/// </summary>
internal sealed class ScatterND : Operator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>data with slices of updates added at tuples.</summary>
    public static Value Add(GraphBuilder b, Value data, Value indices, Value updates) =>
        Catalogue.Get<ScatterND>().Apply(b, [data, indices, updates], Attributes.Empty.With("reduction", "add")).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (data, indices, updates) = (call.Required(0).Type, call.Required(1), call.Required(2).Type);
        return updates.Rank == indices.Type.Rank - 1 + data.Rank - Tuples.Width(indices)
            ? [data]
            : throw new UnsupportedOperatorException(
                $"updates of shape {updates.Shape} do not fit the tuples {indices.Type.Shape} into {data.Shape}."
            );
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!);
        var positions = Tuples.WithSlices(Tuples.Positions(data.Shape, indices, 0), data.Shape, (int)indices.Shape[^1]);
        return [Scattering.Evaluate(data, positions, inputs[2]!, Scattering.Reduction(node.Attributes))];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Scattering.CurvatureIn(node, active);

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        Scattering.Linearize(b, node, dx, x => GatherND.Of(b, x, node.Inputs[1]!));

    /// <summary>cdata is cy, with zeros where an update was put; cupdates are the slices of cy at the tuples.</summary>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input switch
        {
            0 when Scattering.Reduction(node.Attributes) == "add" => cy[0],
            0 => Apply(b, [cy[0], node.Inputs[1], Scattering.Tangent(b, node.Inputs[2]!, null)], node.Attributes).Output,
            2 => GatherND.Of(b, cy[0]!, node.Inputs[1]!),
            _ => base.Transpose(b, node, input, cy),
        };

    /// <summary>The direction becomes the first coordinate of every tuple.</summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var all = inputs.Select((value, index) => DirectionAxis.Repeat(b, value!, batched[index], directions)).ToArray();
        return [Apply(b, [all[0], Tuples.WithCoordinates(b, all[1], 1), all[2]], node.Attributes).Output];
    }

    /// <summary>Samples stay separate along an axis of data that is taken whole and is the same in the updates.</summary>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var shift = node.Inputs[1]!.Type.Rank - 1 - Tuples.Width(node.Inputs[1]!);
        if (!inputs[1].IsNone)
            return [SampleLayout.Coupled];
        var axes = new List<int>();
        if (inputs[0].IsSeparate)
            axes.Add(inputs[0].Axis);
        if (inputs[2].IsSeparate)
            axes.Add(inputs[2].Axis - shift);
        return
        [
            axes.Distinct().ToArray() is [var axis] && axis >= Tuples.Width(node.Inputs[1]!) ? SampleLayout.At(axis) : SampleLayout.Coupled,
        ];
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => Scattering.MinimumOpset(node.Attributes);

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => size(node.Inputs[2]!.Type.Shape.Elements);

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);
}
