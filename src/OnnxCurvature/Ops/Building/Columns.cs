using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Building;

/// <summary>The column axis of values that are the same in all columns.</summary>
public static class Columns
{
    /// <summary>A value with a column axis: as it is where it has one, else repeated.</summary>
    public static Value Repeat(GraphBuilder b, Value value, bool batched, Dim columns) =>
        batched ? value : Expand.Of(b, Reshape.InsertAxis(b, value, 0), value.Type.Shape.Prepend(columns));
}
