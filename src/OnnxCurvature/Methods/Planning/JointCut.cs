using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Planning;

/// <summary>Several values that together all influence of a target on the loss passes, with nothing curved before them.</summary>
/// <param name="Values">The values, in the order of the graph. One may be upstream of another.</param>
/// <param name="Axes">The axis of each along which the samples lie, or −1 where they are not told apart.</param>
/// <param name="Joined">Their entries side by side: [N, E], or [1, E] where samples are not told apart.</param>
/// <param name="Before">The nodes between the target and them.</param>
internal sealed record JointCut(ImmutableArray<Value> Values, ImmutableArray<int> Axes, Value Joined, ImmutableArray<Node> Before)
{
    /// <summary>Joins values. Their sizes must be known but for that of a samples' axis.</summary>
    public static JointCut Of(GraphBuilder b, Value target, ImmutableArray<Value> values, ImmutableArray<int> axes) => new(
        values, axes,
        Concat.Of(b, [.. values.Select((value, index) => Flat(b, value, axes[index], 0))], 1),
        GraphWalk.Between(new HashSet<Value> { target }, values));

    /// <summary>The entries of each sample of a value side by side, [N, e], or with leading axes before these: [K, N, e].</summary>
    public static Value Flat(GraphBuilder b, Value value, int axis, int leading)
    {
        var moved = axis < 0 ? value : TransposeAxes.Move(b, value, axis + leading, leading);
        var shape = moved.Type.Shape;
        var own = axis < 0 ? leading : leading + 1;
        return Reshape.To(b, moved, [.. shape.Range(0, leading), axis < 0 ? 1 : shape[leading], shape.Product(own, shape.Rank)]);
    }

    /// <summary>The inverse of <see cref="Flat"/> for one leading axis: [K, N, e] to [K, *value].</summary>
    public static Value Unflat(GraphBuilder b, Value flat, Value value, int axis)
    {
        var shape = value.Type.Shape;
        if (axis < 0)
            return Reshape.To(b, flat, shape.Prepend(flat.Type.Shape[0]));
        var moved = shape.Remove(axis).Prepend(shape[axis]).Prepend(flat.Type.Shape[0]);
        return TransposeAxes.Move(b, Reshape.To(b, flat, moved), 1, axis + 1);
    }
}
