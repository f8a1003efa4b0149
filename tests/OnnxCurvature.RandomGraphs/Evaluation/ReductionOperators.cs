using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Operators that make one number of many.</summary>
internal static class ReductionOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["ReduceSum"] = Reduction(Total),
            ["ReduceMean"] = Reduction(all => 1.0 / all.Length * Total(all)),
            ["ReduceMax"] = Reduction(all => all.Aggregate(Functions.Max)),
            ["ReduceMin"] = Reduction(all => all.Aggregate(Functions.Min)),
            ["ReduceProd"] = Reduction(all => all.Aggregate((product, next) => product * next)),
            ["ReduceL1"] = Reduction(all => Total(all.Select(Functions.Abs))),
            ["ReduceL2"] = Reduction(all => Functions.Sqrt(Total(all.Select(Functions.Square)))),
            ["ReduceSumSquare"] = Reduction(all => Total(all.Select(Functions.Square))),
            ["ReduceLogSum"] = Reduction(all => Functions.Log(Total(all))),
            ["ReduceLogSumExp"] = Reduction(Functions.LogSumExp),
        };

    /// <summary>The sum of at least one number.</summary>
    public static Number Total(IEnumerable<Number> all) => all.Aggregate((sum, next) => sum + next);

    private static NodeFunction Reduction(Func<Number[], Number> function) =>
        (node, x) =>
        {
            var axes =
                node.Ints("axes") ?? (x.Length > 1 ? x[1]!.Integers! : [.. Enumerable.Range(0, x[0]!.Rank).Select(axis => (long)axis)]);
            return [x[0]!.Reduce([.. axes.Select(x[0]!.Axis)], node.Int("keepdims", 1) != 0, function)];
        };
}
