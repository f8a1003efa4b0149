using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>The axis of heads.</summary>
internal static class Heads
{
    /// <summary>[N, positions, heads * D] as [N, heads, positions, D].</summary>
    public static Value Split(GraphBuilder b, Value x, long heads)
    {
        var shape = x.Type.Shape;
        var size =
            (shape.Rank == 3 && heads > 0 ? shape[2].DividedBy(heads) : null)
            ?? throw new UnsupportedOperatorException($"{shape} cannot be split into {heads} heads.");
        return TransposeAxes.Of(b, Reshape.To(b, x, [shape[0], shape[1], heads, size]), 0, 2, 1, 3);
    }

    /// <summary>[N, heads, positions, D] as [N, positions, heads * D].</summary>
    public static Value Merge(GraphBuilder b, Value x)
    {
        var shape = x.Type.Shape;
        return Reshape.To(b, TransposeAxes.Of(b, x, 0, 2, 1, 3), [shape[0], shape[2], shape[1] * shape[3]]);
    }

    /// <summary>[N, groups, positions, D] with every group repeated, one after another, so that there are as many as heads.</summary>
    public static Value Repeat(GraphBuilder b, Value x, Dim heads)
    {
        var shape = x.Type.Shape;
        if (shape[1] == heads)
            return x;
        var times = heads.DividedBy(shape[1]) ?? throw new UnsupportedOperatorException($"{heads} heads cannot share {shape[1]} keys.");
        var repeated = Expand.Of(b, Reshape.InsertAxis(b, x, 2), shape.Insert(2, times));
        return Reshape.To(b, repeated, shape.With(1, heads));
    }
}
