using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Reductions along axes that hold no samples.</summary>
internal static class ReductionBlocks
{
    public static IReadOnlyList<Block> All { get; } = [new("reduction", 8, (_, x) => x.Rank >= 2 && x.PlainAxes.Length > 0, Along)];

    private static Sketch Along(GraphBuilder b, Sketch x)
    {
        var op = b.Choices.Pick(
            "ReduceMean",
            "ReduceSum",
            "ReduceMax",
            "ReduceMin",
            "ReduceLogSumExp",
            "ReduceSumSquare",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum"
        );
        var axis = x.PlainAxes[b.Choices.Next(x.PlainAxes.Length)];
        var keep = b.Choices.OneIn(3);
        var input = op == "ReduceLogSum" ? b.Node("Exp", [b.Node("Tanh", [x.Name])]) : x.Name;
        return Reduce(b, x with { Name = input }, op, [axis], keep);
    }

    /// <summary>A reduction, with the axes where the opset has them.</summary>
    public static Sketch Reduce(GraphBuilder b, Sketch x, string op, int[] axes, bool keep)
    {
        var layout = axes.OrderDescending().Aggregate(x.Layout, (layout, axis) => keep ? layout.With(axis, 1) : layout.Remove(axis));
        var asInput = b.Opset >= (op == "ReduceSum" ? 13 : 18);
        long[] given = [.. axes.Select(axis => (long)(axis - (b.Choices.OneIn(3) ? x.Rank : 0)))];
        return asInput
            ? b.Value(layout, op, [x.Name, b.Integers(given)], ("keepdims", keep ? 1L : 0L))
            : b.Value(layout, op, [x.Name], ("keepdims", keep ? 1L : 0L), ("axes", given));
    }
}
