using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Methods.Paths;

/// <summary>
/// Finds what is chosen discretely between values and a loss: positions of the greatest, comparisons, roundings, indices. There the
/// derivative is zero almost everywhere, which is reported to the user.
/// </summary>
internal static class DiscreteChoices
{
    /// <summary>The nodes, or inputs of nodes, that are piecewise constant on the way from values to a loss.</summary>
    public static IReadOnlyList<string> Between(IReadOnlyList<Value> sources, Value loss)
    {
        var active = new HashSet<Value>(sources);
        var choices = new List<string>();
        Walk(GraphWalk.Between(sources.ToHashSet(), [loss]), active, choices);
        return [.. choices.Distinct()];
    }

    private static void Walk(IReadOnlyCollection<Node> path, HashSet<Value> active, List<string> choices)
    {
        foreach (var node in path)
        {
            if (node.Bodies.Any())
            {
                if (GraphWalk.Dependencies(node).Any(active.Contains))
                    active.UnionWith(node.Outputs.Where(output => output.Type.Element.IsFloat()));
                foreach (var body in node.Bodies)
                    WalkBody(node, body, [.. active], choices);
                continue;
            }
            int[] inputs =
            [
                .. Enumerable.Range(0, node.Inputs.Length).Where(index => node.Inputs[index] is { } input && active.Contains(input)),
            ];
            int[] cut =
            [
                .. inputs.Where(index =>
                    node.Rules().CurvatureIn(node, [.. node.Inputs.Select((_, other) => other == index)]) == Curvature.PiecewiseConstant
                ),
            ];
            if (cut.Length < inputs.Length)
                active.UnionWith(node.Outputs);
            if (cut.Length == 0 || node.Rules().DependsOnShapesAlone || IsPassed(node, path))
                continue;
            if (cut.Length == inputs.Length)
                choices.Add(node.ToString());
            else
                choices.AddRange(
                    cut.Select(index => $"{node} in its input {(node.Inputs[index]!.Name is { } name ? $"'{name}'" : $"{index}")}")
                );
        }
    }

    /// <summary>
    /// A body, in which choices are made that branches and numbers of iterations come from; what is carried may become active after the
    /// first iteration.
    /// </summary>
    private static void WalkBody(Node node, Program body, HashSet<Value> active, List<string> choices)
    {
        // A body takes its inputs in the order of the node's, and a Loop gives its condition before the states.
        for (var index = 0; index < body.Parameters.Length; index++)
            if (node.Input(index) is { } given && active.Contains(given))
                active.Add(body.Parameters[index]);
        var states = node.Operator is IBodyOperator op ? op.StatesOf(node) : [];
        do Walk(body.Nodes, active, choices);
        while (states.Any(state => active.Contains(body.Outputs[state.Output].Value) && active.Add(body.Parameters[state.Parameter])));
    }

    /// <summary>Whether derivatives pass a node straight through, by a stand-in for what it gives, wherever that is used.</summary>
    private static bool IsPassed(Node node, IReadOnlyCollection<Node> path)
    {
        if (node.Rules().IsStraightThrough)
            return true;
        var users = path.Where(user => user.Inputs.Any(input => input is not null && node.Outputs.Contains(input))).ToArray();
        return node.Rules().Quantizes && users.Length > 0 && users.All(user => user.Rules().IsStraightThrough);
    }
}
