using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Transforms;

/// <summary>A part of a graph anew, on other values of the same shapes.</summary>
internal static class Substitution
{
    /// <summary>
    /// Builds <paramref name="outputs"/> with each value of <paramref name="replaced"/> replaced by another of its shape.
    /// </summary>
    public static ImmutableArray<Value> Substitute(
        this GraphBuilder b,
        IReadOnlyList<Value> outputs,
        IReadOnlyDictionary<Value, Value> replaced
    )
    {
        var values = new Dictionary<Value, Value>(replaced);
        foreach (var node in GraphWalk.Between(replaced.Keys.ToHashSet(), outputs))
        {
            using var origin = b.For(node.Origin);
            var inputs = node.Inputs.Select(value => value is not null && values.TryGetValue(value, out var own) ? own : value);
            var copy = node.Rules().Rebuild(b, node, [.. inputs], node.Output.Type.Shape);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = copy.Outputs[index];
        }
        return [.. outputs.Select(output => values.GetValueOrDefault(output, output))];
    }
}
