using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Transforms;

/// <summary>A part of a graph anew in float64, whatever the precision of what it takes.</summary>
public static class DoublePrecision
{
    /// <summary>
    /// Builds <paramref name="outputs"/> anew, all of their floating-point ancestors in float64. Each value of <paramref name="replaced"/>
    /// gives way to
    /// a float64 value of its shape; floating-point parameters and constants are cast, which is exact.
    /// </summary>
    public static ImmutableArray<Value> InFloat64(
        this GraphBuilder b, IReadOnlyList<Value> outputs, IReadOnlyDictionary<Value, Value> replaced)
    {
        var values = new Dictionary<Value, Value>(replaced);
        var origin = b.Origin;
        foreach (var node in GraphWalk.Ancestors(outputs, replaced.Keys.ToHashSet()))
        {
            b.Origin = node.Origin;
            if (node.Operator is Cast && node.Output.Type.Element.IsFloat())
            {
                values[node.Output] = Cast.Of(b, Wide(node.Inputs[0]!), ElementType.Float64);
                continue;
            }
            var inputs = node.Inputs.Select(input => input is null ? null : Wide(input));
            var copy = node.Rules().Rebuild(b, node, [.. inputs], node.Output.Type.Shape);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = AsDouble(copy.Outputs[index]);
        }
        b.Origin = origin;
        return [.. outputs.Select(Wide)];

        Value Wide(Value value)
        {
            if (!values.TryGetValue(value, out var wide))
                values[value] = wide = AsDouble(value);
            return wide;
        }

        Value AsDouble(Value value) => value.Type.Element.IsFloat() ? Cast.Of(b, value, ElementType.Float64) : value;
    }
}
