using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>Vectors with an entry for each channel.</summary>
internal static class ChannelVectors
{
    /// <summary>
    /// A vector [C], or [K, C] of K directions, so that it broadcasts along the channels of a tensor [N, C, *spatial] of some rank.
    /// </summary>
    public static Value Along(GraphBuilder b, Value vector, int rank) =>
        Reshape.To(b, vector, [.. vector.Type.Shape, .. Enumerable.Repeat((Dim)1, Math.Max(0, rank - 2))]);
}
