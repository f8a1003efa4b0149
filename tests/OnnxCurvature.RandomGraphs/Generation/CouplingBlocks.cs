using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Blocks that couple samples.</summary>
internal static class CouplingBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("batch statistics", 3, (_, x) => x.Layout.SampleAxis >= 0, Statistics),
        new(
            "softmax over samples",
            1,
            (_, x) => x.Layout.SampleAxis >= 0,
            (b, x) => b.Value(x.Layout, "Softmax", [x.Name], ("axis", (long)x.Layout.SampleAxis))
        ),
        new("product over samples", 1, (_, x) => x.Layout.SampleAxis >= 0 && x.Rank >= 2, Product),
        new(
            "cumulative sum over samples",
            1,
            (_, x) => x.Layout.SampleAxis >= 0,
            (b, x) => b.Value(x.Layout, "CumSum", [x.Name, b.IntegerTensor([], x.Layout.SampleAxis)])
        ),
        new("samples turned round", 1, (_, x) => x.Layout.SampleAxis >= 0, Turned),
    ];

    private static Sketch Statistics(GraphBuilder b, Sketch x)
    {
        var axis = x.Layout.SampleAxis;
        var centred = b.Value(x.Layout, "Sub", [x.Name, ReductionBlocks.Reduce(b, x, "ReduceMean", [axis], true).Name]);
        if (b.Choices.OneIn(2))
            return centred;
        var squares = b.Value(x.Layout, "Mul", [centred.Name, centred.Name]);
        var variance = ReductionBlocks.Reduce(b, squares, "ReduceMean", [axis], true);
        return b.Value(x.Layout, "Div", [centred.Name, b.Node("Sqrt", [b.Node("Add", [variance.Name, b.Scalar(0.25)])])]);
    }

    private static Sketch Product(GraphBuilder b, Sketch x)
    {
        var total = ReductionBlocks.Reduce(b, x, b.Choices.Pick("ReduceMean", "ReduceMax"), [x.Layout.SampleAxis], true);
        return b.Value(x.Layout, "Mul", [x.Name, total.Name]);
    }

    /// <summary>Each sample meets another one.</summary>
    private static Sketch Turned(GraphBuilder b, Sketch x)
    {
        var turned = b.Node(
            "Slice",
            [x.Name, b.Integers(-1), b.Integers(long.MinValue + 1), b.Integers(x.Layout.SampleAxis), b.Integers(-1)]
        );
        return b.Value(x.Layout, b.Choices.Pick("Mul", "Add"), [x.Name, turned]);
    }
}
