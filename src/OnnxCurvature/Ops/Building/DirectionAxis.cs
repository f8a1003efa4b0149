using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>The axis of directions of values that are the same in all directions.</summary>
internal static class DirectionAxis
{
    /// <summary>A value with an axis of directions: as it is where it has one, else repeated.</summary>
    public static Value Repeat(GraphBuilder b, Value value, bool batched, Dim directions) =>
        batched ? value : Expand.Of(b, Reshape.InsertAxis(b, value, 0), value.Type.Shape.Prepend(directions));
}
