using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>Which positions a query sees.</summary>
internal static class AttentionMask
{
    /// <summary>0, 1, … up to, not including, a size, as 64-bit integers.</summary>
    public static Value Indices(GraphBuilder b, Dim size)
    {
        if (size.Known is { } known)
            return b.Vector(known, index => index);
        var (zero, one) = (b.Scalar(ElementType.Int64, 0), b.Scalar(ElementType.Int64, 1));
        return Catalogue
            .Get<Structure.Range>()
            .Apply(
                b,
                [zero, Reshape.To(b, Dims.ToValue(b, size), TensorShape.Scalar), one],
                types: [new TensorType(ElementType.Int64, [size])]
            )
            .Output;
    }

    /// <summary>[S, T]: true where key j is not after query i + <paramref name="past"/>.</summary>
    public static Value Causal(GraphBuilder b, Dim queries, Dim keys, Dim past) =>
        Catalogue.Get<LessOrEqual>().Apply(b, [Indices(b, keys), Rows(b, queries, past)]).Output;

    /// <summary>[S, T]: true where key j is among the last <paramref name="width"/> up to query i + <paramref name="past"/>.</summary>
    public static Value Recent(GraphBuilder b, Dim queries, Dim keys, Dim past, long width) =>
        Greater.Of(b, Indices(b, keys), Sub.Of(b, Rows(b, queries, past), b.Scalar(ElementType.Int64, width)));

    /// <summary>Zero where a condition holds, else a number, for adding to scores.</summary>
    public static Value Penalty(GraphBuilder b, Value allowed, ElementType element, double otherwise) =>
        Where.Of(b, allowed, b.Scalar(element, 0), b.Scalar(element, otherwise));

    /// <summary>The positions of the queries among the keys, [S, 1].</summary>
    public static Value Rows(GraphBuilder b, Dim queries, Dim past)
    {
        var rows = Reshape.InsertAxis(b, Indices(b, queries), 1);
        return past == 0 ? rows : Add.Of(b, rows, Dims.ToValue(b, past));
    }
}
