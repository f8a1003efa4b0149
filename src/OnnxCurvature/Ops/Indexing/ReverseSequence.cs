using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// x with the first entries along <c>time_axis</c> (default 0) in reverse order, in each slice along <c>batch_axis</c> (default 1) as many
/// as its length says. Linear, and its own inverse and transpose. Inputs: x, lengths.
/// </summary>
internal sealed class ReverseSequence : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, lengths) = (call.Required(0).Type, call.Required(1).Type.Shape);
        var (batch, time) = (Batch(call.Attributes), Time(call.Attributes));
        if (lengths.Rank != 1 || batch == time || lengths[0].IsKnown && x.Shape[batch].IsKnown && lengths[0] != x.Shape[batch])
            throw new ShapeException($"lengths of the shape {lengths} do not fit the axes {batch} and {time} of {x.Shape}");
        return [x];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, lengths) = (inputs[0]!, inputs[1]!.Integers);
        var (batch, time) = (Batch(node.Attributes), Time(node.Attributes));
        if (lengths.FirstOrDefault(length => length < 0 || length > x.Shape[time], 0) is not 0 and var outside)
            throw new ShapeException($"a length of {outside} does not fit the axis {time} of [{string.Join(',', x.Shape)}]");
        var strides = Strided.Strides(x.Shape.AsSpan());
        var positions = new int[x.Count];
        for (var i = 0; i < positions.Length; i++)
        {
            var (n, t) = (i / strides[batch] % x.Shape[batch], i / strides[time] % x.Shape[time]);
            positions[i] = (int)(t < lengths[n] ? i + (lengths[n] - 1 - 2 * t) * strides[time] : i);
        }
        return [x.Gather(x.Shape.AsSpan(), positions)];
    }

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        Apply(b, node.Inputs.SetItem(0, cy[0]), node.Attributes).Output;

    /// <summary>The axis of directions goes to the end, for the batch and time axes must be the first two.</summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        OnlyFirstBatched(batched);
        var last = node.Inputs[0]!.Type.Rank;
        return [TransposeAxes.Move(b, Apply(b, [TransposeAxes.Move(b, inputs[0]!, 0, last), inputs[1]], node.Attributes).Output, last, 0)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [
            inputs[1].IsNone && inputs[0].Axis != Time(node.Attributes) ? inputs[0]
            : inputs[1].IsSeparate && (inputs[0].IsNone || inputs[0].Axis == Batch(node.Attributes))
                ? SampleLayout.At(Batch(node.Attributes))
            : SampleLayout.Coupled,
        ];

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    private static int Batch(Attributes attributes) => (int)attributes.Int("batch_axis", 1);

    private static int Time(Attributes attributes) => (int)attributes.Int("time_axis", 0);

    /// <inheritdoc/>
    public override bool HoldsIndices(int input) => input == 1;
}
