using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// Numpy broadcasting, its undoing, and its alignment under a leading axis of directions. The one place that knows of these.
/// </summary>
internal static class Broadcasting
{
    /// <summary>The common type of elementwise inputs. Throws <see cref="UnsupportedOperatorException"/> where they do not fit.</summary>
    public static TensorType Common(OperatorCall call, int first = 0)
    {
        var type = call.Required(first).Type;
        for (var index = first + 1; index < call.Inputs.Length; index++)
            if (call.Input(index) is { } input)
                type = type with
                {
                    Shape =
                        TensorShape.Broadcast(type.Shape, input.Type.Shape)
                        ?? throw new UnsupportedOperatorException($"the shapes {type.Shape} and {input.Type.Shape} do not broadcast."),
                };
        return type;
    }

    /// <summary>Repeats a value along axes of size one and missing leading axes until it has a shape.</summary>
    public static Value To(GraphBuilder b, Value value, TensorShape shape) =>
        value.Type.Shape == shape ? value : Expand.Of(b, value, shape);

    /// <summary>
    /// Sums a value over the axes along which broadcasting repeated a value of shape <paramref name="shape"/>. Throws
    /// <see cref="UnsupportedOperatorException"/> where it is not known whether an axis was repeated.
    /// </summary>
    public static Value Undo(GraphBuilder b, Value value, TensorShape shape)
    {
        var from = value.Type.Shape;
        if (from == shape)
            return value;
        var extra = from.Rank - shape.Rank;
        var axes = new List<long>();
        for (var axis = 0; axis < from.Rank; axis++)
        {
            if (axis < extra)
                axes.Add(axis);
            else if (from[axis] != shape[axis - extra])
            {
                if (!shape[axis - extra].IsOne)
                    throw new UnsupportedOperatorException(
                        $"it cannot be inferred whether the dimension {shape[axis - extra]} was broadcast to {from[axis]}; give the sizes "
                            + $"of symbolic dimensions."
                    );
                axes.Add(axis);
            }
        }
        return Reshape.To(b, ReduceSum.Of(b, value, axes, keepDims: false), shape);
    }

    /// <summary>The common shape of two tensors, and for each of its entries the positions of the element of either.</summary>
    public static (long[] Shape, int[] First, int[] Second) Pairs(Tensor first, Tensor second)
    {
        var shape = TensorShape.Broadcast(first.Type.Shape, second.Type.Shape)!.Value.Sizes;
        return (shape, Positions(first.Shape.AsSpan(), shape), Positions(second.Shape.AsSpan(), shape));
    }

    /// <summary>Elements of a tensor, repeated until they fill a shape.</summary>
    public static int[] Positions(ReadOnlySpan<long> from, ReadOnlySpan<long> to)
    {
        var strides = new long[to.Length];
        long stride = 1;
        for (var axis = from.Length - 1; axis >= 0; axis--)
        {
            strides[axis + to.Length - from.Length] = from[axis] == 1 ? 0 : stride;
            stride *= from[axis];
        }
        return Strided.Positions(to, strides);
    }

    /// <summary>
    /// The inputs of a broadcasting node, with ones put between the axis of directions and the dimensions of batched inputs of lower
    /// rank, so that the axes of directions meet.
    /// </summary>
    public static ImmutableArray<Value?> Align(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, ImmutableArray<bool> batched)
    {
        var rank = node.Inputs.Max(input => input?.Type.Rank ?? 0);
        var aligned = inputs.ToBuilder();
        for (var index = 0; index < inputs.Length; index++)
        {
            if (!batched[index] || inputs[index] is not { } input || input.Type.Rank == rank + 1)
                continue;
            var shape = input.Type.Shape;
            while (shape.Rank < rank + 1)
                shape = shape.Insert(1, 1);
            aligned[index] = Reshape.To(b, input, shape);
        }
        return aligned.MoveToImmutable();
    }

    /// <summary>
    /// The call of a broadcasting operator of two inputs in canonical form: before opset 7 the second input was broadcast only where
    /// <c>broadcast</c> was set, from <c>axis</c> on.
    /// </summary>
    public static OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 7)
            return call;
        var (x, y) = (call.Required(0), call.Required(1));
        if (call.Attributes.Int("broadcast", 0) != 0 && call.Attributes.Has("axis"))
        {
            var trailing = x.Type.Rank - y.Type.Rank - Axes.Normalize(call.Attributes.Int("axis", 0), x.Type.Rank);
            y = Reshape.To(b, y, y.Type.Shape.Concat([.. Enumerable.Repeat<Dim>(1, Math.Max(0, trailing))]));
        }
        return call.WithInputs(x, y) with { Attributes = call.Attributes.Without("axis", "broadcast", "consumed_inputs") };
    }

    /// <summary>The sample axis of a broadcasting node's output; samples that are repeated along their axis count as coupled.</summary>
    public static SampleLayout Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var rank = node.Output.Type.Rank;
        var common = SampleLayout.None;
        for (var index = 0; index < inputs.Length; index++)
        {
            if (!inputs[index].IsSeparate)
                continue;
            var shape = node.Inputs[index]!.Type.Shape;
            var here = SampleLayout.At(inputs[index].Axis + rank - shape.Rank);
            if ((common.IsSeparate && common != here) || shape[inputs[index].Axis] != node.Output.Type.Shape[here.Axis])
                return SampleLayout.Coupled;
            common = here;
        }
        // An input that does not depend on the samples may vary along the sample axis: what it adds to sample n is the same
        // however the samples change, so it does not couple them.
        return common;
    }
}
