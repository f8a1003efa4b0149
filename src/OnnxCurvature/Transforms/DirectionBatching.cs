using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>The third transform: from a part of a graph for one column to the same for many at once.</summary>
public static class DirectionBatching
{
    /// <summary>
    /// Builds <paramref name="outputs"/> anew for <paramref name="columns"/> columns. Each value of
    /// <paramref name="columnsOf"/> is replaced by one with a leading column axis. An output that depends on none of these is null.
    /// </summary>
    public static ImmutableArray<Value?> Batch(
        this GraphBuilder b,
        IReadOnlyList<Value> outputs,
        IReadOnlyDictionary<Value, Value> columnsOf,
        Dim columns
    )
    {
        var batched = new Dictionary<Value, Value>(columnsOf);
        Batching.Run(b, GraphWalk.Between(columnsOf.Keys.ToHashSet(), outputs), batched, columns);
        return [.. outputs.Select(output => batched.GetValueOrDefault(output))];
    }
}
