using System.Collections.Immutable;

namespace OnnxCurvature.Ops;

/// <summary>How a node works on some rows of an input alone.</summary>
/// <param name="Output">The axis of the output that counts the rows; null where the node sums over them.</param>
/// <param name="Inputs">For each input the axis along which it has the rows, too; null where it is taken as it is.</param>
internal readonly record struct RowRule(int? Output, ImmutableArray<int?> Inputs)
{
    /// <summary>The rule of a node whose other inputs are taken as they are.</summary>
    /// <param name="output">The axis of the output.</param>
    /// <param name="count">The number of inputs.</param>
    /// <param name="input">The input that has the rows.</param>
    /// <param name="axis">Its axis of rows.</param>
    public static RowRule Of(int output, int count, int input, int axis) =>
        new(output, [.. Enumerable.Range(0, count).Select(each => each == input ? axis : (int?)null)]);
}
