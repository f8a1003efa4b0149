using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>
/// The sums of all elements up to each along an axis: without that element itself for <c>exclusive</c> = 1, from the end for
/// <c>reverse</c> = 1. Inputs: x, axis.
/// </summary>
internal sealed class CumSum : LinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        if (KnownTensor.Integer(call.Required(1)) is { } axis)
            Axes.Normalize(axis, x.Rank);
        return [x];
    }

    /// <summary>The axis must be known; no opset has it in another form.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call.ConstantIntegers(1) is not null ? call : throw new UnsupportedOperatorException("CumSum lacks its axis.");

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var axis = Axes.Normalize(inputs[1]!.Integers[0], x.Rank);
        var (exclusive, reverse) = (node.Attributes.Int("exclusive", 0) != 0, IsReverse(node));
        var strides = Strided.Strides(x.Shape.AsSpan());
        var (size, stride) = (x.Shape[axis], strides[axis]);
        var y = new double[x.Count];
        foreach (var start in Strided.Positions(x.Shape.SetItem(axis, 1).AsSpan(), strides))
        {
            double sum = 0;
            for (long k = 0; k < size; k++)
            {
                var position = (int)(start + (reverse ? size - 1 - k : k) * stride);
                y[position] = exclusive ? sum : sum + x.At(position);
                sum += x.At(position);
            }
        }
        return [Tensor.Of(ElementType.Float64, x.Shape.AsSpan(), y).CastTo(x.Element)];
    }

    /// <summary>The sums from the other end.</summary>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        Apply(b, node.Inputs.SetItem(0, cy[0]), node.Attributes.With("reverse", IsReverse(node) ? 0L : 1L)).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        OnlyFirstBatched(batched);
        return [Apply(b, [inputs[0], b.Scalar(ElementType.Int64, Axis(node) + 1)], node.Attributes).Output];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [
            !inputs[1].IsNone ? SampleLayout.Coupled
            : inputs[0].Axis == Axis(node) ? inputs[0].AsCoupled()
            : inputs[0],
        ];

    private static int Axis(Node node) =>
        Axes.Normalize(new OperatorCall(nameof(CumSum), "", node.Inputs, node.Attributes, 1).ConstantInteger(1), node.Output.Type.Rank);

    private static bool IsReverse(Node node) => node.Attributes.Int("reverse", 0) != 0;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 1;
}
