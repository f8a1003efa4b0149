using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>Scalars and vectors as matrices, for engines that have nothing smaller.</summary>
internal static class Matrices
{
    /// <summary>A shape with axes of size one in front, up to two axes in all; one of two axes or more as it is.</summary>
    public static TensorShape ShapeOf(TensorShape shape) =>
        shape.Rank switch
        {
            0 => [1, 1],
            1 => [1, shape[0]],
            _ => shape,
        };

    /// <summary>Whether a value has fewer axes than a matrix.</summary>
    public static bool IsNarrow(Value? value) => value is { Type.Rank: < 2 };
}
