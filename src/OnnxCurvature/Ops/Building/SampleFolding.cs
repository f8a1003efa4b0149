using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>Directions as more samples, for operators that treat the entries of axis 0 each by itself.</summary>
internal static class SampleFolding
{
    /// <summary>[K, N, …] as [K*N, …].</summary>
    public static Value Fold(GraphBuilder b, Value x)
    {
        var shape = x.Type.Shape;
        return Reshape.To(b, x, shape.Range(1, shape.Rank).With(0, shape[0] * shape[1]));
    }

    /// <summary>[K*N, …] as [K, N, …], where <paramref name="shape"/> is [N, …].</summary>
    public static Value Unfold(GraphBuilder b, Value y, TensorShape shape, Dim directions) => Reshape.To(b, y, shape.Prepend(directions));
}
