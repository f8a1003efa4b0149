using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Methods;

/// <summary>
/// Finds what is chosen discretely between values and a loss: positions of the greatest, comparisons, roundings, indices. There the derivative is zero
/// almost everywhere, which a user must be told.
/// </summary>
public static class DiscreteChoices
{
    /// <summary>What is piecewise constant on the way from values to a loss: nodes, or nodes in one of their inputs.</summary>
    public static IReadOnlyList<string> Between(IReadOnlyList<Value> sources, Value loss)
    {
        var active = new HashSet<Value>(sources);
        var path = GraphWalk.Between(sources.ToHashSet(), [loss]);
        var choices = new List<string>();
        foreach (var node in path)
        {
            if (node.Bodies.Any())
            {
                active.UnionWith(node.Outputs);
                continue;
            }
            int[] inputs = [.. Enumerable.Range(0, node.Inputs.Length).Where(index => node.Inputs[index] is { } input && active.Contains(input))];
            int[] cut = [.. inputs.Where(index => node.Rules().CurvatureIn(node, [.. node.Inputs.Select((_, other) => other == index)]) == Curvature.PiecewiseConstant)];
            if (cut.Length < inputs.Length)
                active.UnionWith(node.Outputs);
            if (cut.Length == 0 || node.Rules().DependsOnShapesAlone || IsPassed(node, path))
                continue;
            if (cut.Length == inputs.Length)
                choices.Add(node.ToString());
            else
                choices.AddRange(cut.Select(index => $"{node} in its input {(node.Inputs[index]!.Name is { } name ? $"'{name}'" : $"{index}")}"));
        }
        return [.. choices.Distinct()];
    }

    /// <summary>Whether derivatives pass a node straight through, by a stand-in for what it gives, wherever that is used.</summary>
    private static bool IsPassed(Node node, IReadOnlyCollection<Node> path)
    {
        if (node.Operator is StraightThrough)
            return true;
        var users = path.Where(user => user.Inputs.Any(input => input is not null && node.Outputs.Contains(input))).ToArray();
        return node.Operator is QuantizeLinear or DynamicQuantizeLinear && users.Length > 0 && users.All(user => user.Operator is StraightThrough);
    }
}
