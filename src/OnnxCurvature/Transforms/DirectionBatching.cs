using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>The third transform: from a part of a graph for one direction to the same for many at once.</summary>
internal static class DirectionBatching
{
    /// <summary>
    /// Builds <paramref name="outputs"/> anew for <paramref name="directions"/> directions. Each value of
    /// <paramref name="directionsOf"/> is replaced by one with a leading direction axis. An output that depends on none of these is null.
    /// </summary>
    public static ImmutableArray<Value?> Batch(
        this GraphBuilder b,
        IReadOnlyList<Value> outputs,
        IReadOnlyDictionary<Value, Value> directionsOf,
        Dim directions
    )
    {
        var batched = new Dictionary<Value, Value>(directionsOf);
        Batching.Run(b, GraphWalk.Between(directionsOf.Keys.ToHashSet(), outputs), batched, directions);
        return [.. outputs.Select(output => batched.GetValueOrDefault(output))];
    }
}
