using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// The position of the greatest or the least element along <c>axis</c> (default 0): of equal ones the first, or the last with
/// <c>select_last_index</c>. The axis stays as one of size one unless <c>keepdims</c> is 0.
/// </summary>
internal abstract class ExtremePosition : NonDifferentiable
{
    /// <summary>Whether an element comes before the one that was best so far.</summary>
    protected abstract bool IsBetter(double element, double best);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var shape = call.Required(0).Type.Shape;
        var axis = Axis(call.Attributes, shape.Rank);
        return [new TensorType(ElementType.Int64, KeepsDims(call.Attributes) ? shape.With(axis, 1) : shape.Remove(axis))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var x = inputs[0]!;
        var axis = Axis(node.Attributes, x.Rank);
        var last = node.Attributes.Int("select_last_index", 0) != 0;
        var stride = Strided.Strides(x.Shape.AsSpan())[axis];
        var starts = Strided.Positions(x.Shape.SetItem(axis, 1).AsSpan(), Strided.Strides(x.Shape.AsSpan()));
        var positions = new long[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            long best = 0;
            for (long k = 1; k < x.Shape[axis]; k++)
            {
                var (element, champion) = (At(i, k), At(i, best));
                if (IsBetter(element, champion) || (last && element == champion))
                    best = k;
            }
            positions[i] = best;
        }
        return
        [
            Tensor.Of(
                ElementType.Int64,
                (KeepsDims(node.Attributes) ? x.Shape.SetItem(axis, 1) : x.Shape.RemoveAt(axis)).AsSpan(),
                positions
            ),
        ];

        double At(int i, long k) => x.At((int)(starts[i] + k * stride));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs, node.Attributes.With("axis", Axis(node.Attributes, node.Inputs[0]!.Type.Rank) + 1L)).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var (samples, axis) = (inputs[0].Axis, Axis(node.Attributes, node.Inputs[0]!.Type.Rank));
        return
        [
            samples == axis ? SampleLayout.Coupled : SampleLayout.At(KeepsDims(node.Attributes) || samples < axis ? samples : samples - 1),
        ];
    }

    private static int Axis(Attributes attributes, int rank) => Axes.Normalize(attributes.Int("axis", 0), rank);

    private static bool KeepsDims(Attributes attributes) => attributes.Int("keepdims", 1) != 0;
}
