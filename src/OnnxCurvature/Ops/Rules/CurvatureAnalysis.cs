using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Finds the curvature sources among nodes: those with a second derivative in what is active.</summary>
internal static class CurvatureAnalysis
{
    /// <summary>
    /// Adds to <paramref name="active"/> the outputs of <paramref name="nodes"/> that depend differentiably on it, and returns the nodes by
    /// the way in which they do, in order. Nodes without an active input are not among them.
    /// </summary>
    public static IReadOnlyList<(Node Node, Curvature Curvature)> Run(IEnumerable<Node> nodes, ISet<Value> active)
    {
        var found = new List<(Node, Curvature)>();
        foreach (var node in nodes)
        {
            bool[] inputs = [.. node.Inputs.Select(input => input is not null && active.Contains(input))];
            var captured = IBodyOperator.HidesCaptures(node) && node.Bodies.SelectMany(GraphWalk.Captures).Any(active.Contains);
            if (!captured && !inputs.Contains(true))
                continue;
            var curvature = captured ? Curvature.Curved : node.Rules().CurvatureIn(node, [.. inputs]);
            found.Add((node, curvature));
            if (curvature != Curvature.PiecewiseConstant)
                active.UnionWith(node.Outputs);
        }
        return found;
    }
}
