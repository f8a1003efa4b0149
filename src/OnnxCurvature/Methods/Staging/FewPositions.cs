using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Staging;

/// <summary>
/// Convolutions over so few positions that most of the kernel meets the padding, as products with the matrix that the weight then is.
/// </summary>
internal static class FewPositions
{
    /// <summary>The outputs of the body of a direction chunk loop, with such convolutions of directions replaced.</summary>
    public static ImmutableArray<Value> Replace(GraphBuilder b, Program body)
    {
        while (Find(body) is { Node: var node, Product: var product })
        {
            using var origin = b.For(node.Origin);
            var output = product(b);
            var outputs = b.Substitute(
                [.. body.Outputs.Select(named => named.Value)],
                new Dictionary<Value, Value> { [node.Output] = output }
            );
            body = b.Build(body.Parameters, body.Outputs.Zip(outputs, (named, value) => named with { Value = value }));
        }
        return [.. body.Outputs.Select(named => named.Value)];
    }

    private static (Node Node, Func<GraphBuilder, Value> Product)? Find(Program body)
    {
        var dependent = body.Parameters.ToHashSet();
        (Node, Func<GraphBuilder, Value>)? found = null;
        foreach (var node in body.Nodes)
        {
            if (!GraphWalk.Dependencies(node).Any(dependent.Contains))
                continue;
            dependent.UnionWith(node.Outputs);
            if (node.Bodies.Any())
                return null;
            if (found is null && !node.Inputs.Skip(1).Any(Depends) && node.Rules().OverFewPositions(node) is { } product)
                found = (node, product);
        }
        return found;

        bool Depends(Value? value) => value is not null && dependent.Contains(value);
    }
}
