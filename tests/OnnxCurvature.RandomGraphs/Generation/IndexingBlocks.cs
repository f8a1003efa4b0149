using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Parts of axes that hold no samples, taken, padded, turned round, summed up and sorted.</summary>
internal static class IndexingBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("slice", 4, (_, x) => x.PlainAxes.Length > 0, Slice),
        new("pad", 3, (_, x) => x.PlainAxes.Length > 0 && x.Layout.Count() <= Sizes.Most / 3, Pad),
        new("gather", 4, (_, x) => x.PlainAxes.Length > 0, Gather),
        new("gather elements", 1, (b, x) => x.PlainAxes.Length > 0 && !b.IsSymbolic, GatherElements),
        new("cumulative sum", 2, (_, x) => x.PlainAxes.Length > 0, CumulativeSum),
        new(
            "triangle",
            2,
            (b, x) => b.Opset >= 14 && x.Rank >= 2 && Enumerable.Range(x.Rank - 2, 2).All(axis => !x.Layout.HoldsSamples(axis)),
            (b, x) => b.Value(x.Layout, "Trilu", [x.Name], ("upper", (long)b.Choices.Next(2)))
        ),
        new("top k", 2, (_, x) => x.PlainAxes.Any(axis => x.Shape[axis] > 1), TopK),
    ];

    private static int Axis(GraphBuilder b, Sketch x) => x.PlainAxes[^(1 + b.Choices.Next(x.PlainAxes.Length))];

    private static Sketch Slice(GraphBuilder b, Sketch x)
    {
        var axis = Axis(b, x);
        var size = x.Shape[axis];
        if (b.Choices.OneIn(3))
            return b.Value(x.Layout, "Slice", [x.Name, b.Integers(-1), b.Integers(long.MinValue + 1), b.Integers(axis), b.Integers(-1)]);
        var start = b.Choices.Next(size);
        return b.Value(
            x.Layout.With(axis, size - start),
            "Slice",
            [x.Name, b.Integers(start), b.Integers(long.MaxValue), b.Integers(axis - x.Rank)]
        );
    }

    private static Sketch Pad(GraphBuilder b, Sketch x)
    {
        var axis = Axis(b, x);
        var mode = b.Choices.Pick("constant", "edge", x.Shape[axis] > 1 ? "reflect" : "edge");
        var pads = new long[2 * x.Rank];
        pads[axis] = 1;
        pads[axis + x.Rank] = b.Choices.Next(2);
        return b.Value(
            x.Layout.With(axis, x.Shape[axis] + 1 + (int)pads[axis + x.Rank]),
            "Pad",
            [x.Name, b.Integers(pads)],
            ("mode", mode)
        );
    }

    private static Sketch Gather(GraphBuilder b, Sketch x)
    {
        var axis = Axis(b, x);
        if (x.Rank > 1 && b.Choices.OneIn(3))
            return b.Value(
                x.Layout.Remove(axis),
                "Gather",
                [x.Name, b.IntegerTensor([], b.Choices.Next(x.Shape[axis]))],
                ("axis", (long)axis)
            );
        var count = Sizes.Of(b);
        return b.Value(
            x.Layout.With(axis, count),
            "Gather",
            [x.Name, b.Integers([.. Enumerable.Range(0, count).Select(_ => (long)b.Choices.Next(x.Shape[axis]))])],
            ("axis", (long)axis)
        );
    }

    private static Sketch GatherElements(GraphBuilder b, Sketch x)
    {
        var axis = Axis(b, x);
        var turn = b.Choices.Next(3);
        var indices = Enumerable.Range(0, x.Layout.Count()).Select(index => (long)((index + turn) % x.Shape[axis])).ToArray();
        return b.Value(x.Layout, "GatherElements", [x.Name, b.IntegerTensor(x.Shape, indices)], ("axis", (long)axis));
    }

    private static Sketch CumulativeSum(GraphBuilder b, Sketch x) =>
        b.Value(
            x.Layout,
            "CumSum",
            [x.Name, b.IntegerTensor([], Axis(b, x))],
            ("exclusive", (long)b.Choices.Next(2)),
            ("reverse", (long)b.Choices.Next(2))
        );

    private static Sketch TopK(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Pick([.. x.PlainAxes.Where(axis => x.Shape[axis] > 1)]);
        var count = 1 + b.Choices.Next(x.Shape[axis]);
        var outputs = b.Nodes("TopK", [x.Name, b.Integers(count)], 2, ("axis", (long)axis));
        return b.Value(x.Layout.With(axis, count), "Identity", [outputs[0]]);
    }
}
