using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Transforms;

/// <summary>A part of a graph anew in another precision, whatever that of what it takes.</summary>
internal static class OtherPrecision
{
    /// <summary>
    /// Builds <paramref name="outputs"/> anew, all of their floating-point ancestors in <paramref name="element"/>. Each value of
    /// <paramref name="replaced"/> gives way to a value of that type and its shape; floating-point parameters and constants are cast.
    /// </summary>
    public static ImmutableArray<Value> InPrecision(
        this GraphBuilder b,
        IReadOnlyList<Value> outputs,
        IReadOnlyDictionary<Value, Value> replaced,
        ElementType element
    )
    {
        var values = new Dictionary<Value, Value>(replaced);
        foreach (var node in GraphWalk.Ancestors(outputs, replaced.Keys.ToHashSet()))
        {
            using var origin = b.For(node.Origin);
            if (node.Rules().SetsType && node.Output.Type.Element.IsFloat())
            {
                values[node.Output] = Cast.Of(b, Of(node.Inputs[0]!), element);
                continue;
            }
            var inputs = node.Inputs.Select(input => input is null ? null : Of(input));
            var copy = node.Rules().Rebuild(b, node, [.. inputs], node.Output.Type.Shape);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = Converted(copy.Outputs[index]);
        }
        return [.. outputs.Select(Of)];

        Value Of(Value value)
        {
            if (!values.TryGetValue(value, out var own))
                values[value] = own = Converted(value);
            return own;
        }

        Value Converted(Value value) => value.Type.Element.IsFloat() ? Cast.Of(b, value, element) : value;
    }
}
