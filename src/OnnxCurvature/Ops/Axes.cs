using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>Axes counted from the back are counted from the front.</summary>
internal static class Axes
{
    /// <summary>An axis from -rank to rank - 1 as one from 0. Throws <see cref="UnsupportedOperatorException"/> outside of that.</summary>
    public static int Normalize(long axis, int rank) =>
        axis >= -rank && axis < rank
            ? (int)(axis < 0 ? axis + rank : axis)
            : throw new UnsupportedOperatorException($"the axis {axis} is outside of a tensor of rank {rank}.");

    /// <summary>Distinct axes in ascending order.</summary>
    public static int[] Normalize(IEnumerable<long> axes, int rank) => [.. axes.Select(axis => Normalize(axis, rank)).Distinct().Order()];
}
