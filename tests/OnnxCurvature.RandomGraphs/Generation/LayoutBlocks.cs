using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Transposes, reshapes, and copies along axes.</summary>
internal static class LayoutBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("transpose", 8, (_, x) => x.Rank >= 2, Transpose),
        new("transposed scale", 4, (_, x) => x.Rank >= 2 && x.PlainAxes.Length > 0, ScaledAcross),
        new("merge axes", 8, (_, x) => x.Rank >= 2, Merge),
        new("split axis", 8, (_, x) => x.Rank is >= 1 and < 5 && Splits(x).Any(), Split),
        new("new axis", 3, (_, x) => x.Rank is >= 1 and < 4, Unsqueeze),
        new("drop axis", 6, (_, x) => x.Rank >= 2 && x.PlainAxes.Any(axis => x.Shape[axis] == 1), Squeeze),
        new("expand", 3, (_, x) => x.Rank is >= 1 and < 4 && x.Layout.Count() <= Sizes.Most / 3, Expand),
        new("tile", 3, (_, x) => x.Rank >= 1 && x.Layout.Count() <= Sizes.Most / 2, Tile),
        new("flatten", 3, (_, x) => x.Rank >= 2, Flatten),
    ];

    public static Sketch Transpose(GraphBuilder b, Sketch x)
    {
        var left = Enumerable.Range(0, x.Rank).Reverse().ToList();
        var order = new List<int>();
        while (left.Count > 0)
        {
            var at = b.Choices.Next(left.Count);
            order.Add(left[at]);
            left.RemoveAt(at);
        }
        return Permuted(b, x, [.. order]);
    }

    /// <summary>
    /// A weight of some of the last axes, taken once or twice between a transpose and its inverse. Runtimes move transposes past such
    /// nodes, and transpose the weight.
    /// </summary>
    private static Sketch ScaledAcross(GraphBuilder b, Sketch x)
    {
        int[] order = [.. Enumerable.Range(0, x.Rank).Reverse()];
        if (b.Choices.OneIn(2))
            (order[0], order[^1]) = (order[^1], order[0]);
        var turned = Permuted(b, x, order);
        var first = b.Choices.Next(turned.Rank);
        int[] shape = [.. Enumerable.Range(first, turned.Rank - first).Select(SizeAt)];
        var weight = b.Weight(1, shape);
        for (var uses = b.Choices.Pick(2, 1); uses > 0; uses--)
            turned = b.Value(turned.Layout, b.Choices.Pick("Mul", "Add"), [turned.Name, weight]);
        return Permuted(b, turned, [.. Enumerable.Range(0, x.Rank).Select(axis => Array.IndexOf(order, axis))]);

        int SizeAt(int axis) => turned.Layout.HoldsSamples(axis) ? 1 : turned.Shape[axis];
    }

    public static Sketch Permuted(GraphBuilder b, Sketch x, params int[] order) =>
        b.Value(x.Layout.Permute(order), "Transpose", [x.Name], ("perm", order.Select(axis => (long)axis).ToArray()));

    public static Sketch Merge(GraphBuilder b, Sketch x) => Reshaped(b, x, x.Layout.Merge(b.Choices.Next(x.Rank - 1)));

    /// <summary>A reshape to another layout of the same factors.</summary>
    public static Sketch Reshaped(GraphBuilder b, Sketch x, Layout layout)
    {
        var sizes = layout.Shape.Select(size => (long)size).ToArray();
        var open = layout.SampleAxis >= 0 ? layout.SampleAxis : b.Choices.Next(sizes.Length + 1) - 1;
        if (open >= 0 && (b.IsSymbolic || b.Choices.OneIn(2)))
            sizes[open] = -1;
        for (var axis = 0; axis < Math.Min(x.Rank, layout.Rank); axis++)
            if (x.Shape[axis] == layout[axis] && x.Layout.Axes[axis].SequenceEqual(layout.Axes[axis]) && b.Choices.OneIn(4))
                sizes[axis] = 0;
        return b.Value(layout, "Reshape", [x.Name, b.Integers(sizes)]);
    }

    private static IEnumerable<(int Axis, int Factors)> Splits(Sketch x) =>
        from axis in Enumerable.Range(0, x.Rank)
        from factors in Enumerable.Range(1, Math.Max(0, x.Layout.Axes[axis].Length - 1))
        select (axis, factors);

    private static Sketch Split(GraphBuilder b, Sketch x)
    {
        var (axis, factors) = b.Choices.Pick([.. Splits(x)]);
        return Reshaped(b, x, x.Layout.Split(axis, factors));
    }

    private static Sketch Unsqueeze(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Next(x.Rank + 1);
        return b.Value(x.Layout.Insert(axis, 1), "Unsqueeze", [x.Name, b.Integers(axis)]);
    }

    private static Sketch Squeeze(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Pick([.. x.PlainAxes.Where(axis => x.Shape[axis] == 1)]);
        return b.Value(x.Layout.Remove(axis), "Squeeze", [x.Name, b.Integers(axis)]);
    }

    private static Sketch Expand(GraphBuilder b, Sketch x)
    {
        var (axis, copies) = (b.Choices.Next(x.Rank + 1), b.Choices.Pick(2, 3));
        var single = b.Value(x.Layout.Insert(axis, 1), "Unsqueeze", [x.Name, b.Integers(axis)]);
        var sizes = Enumerable.Repeat(1L, single.Rank).ToArray();
        sizes[axis] = copies;
        return Block.Same(b, b.Value(single.Layout.With(axis, copies), "Expand", [single.Name, b.Integers(sizes)]));
    }

    private static Sketch Tile(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Next(x.Rank);
        var repeats = Enumerable.Repeat(1L, x.Rank).ToArray();
        repeats[axis] = 2;
        var layout = new Layout(x.Layout.Axes.SetItem(axis, [new Factor(2), .. x.Layout.Axes[axis]]));
        return b.Value(layout, "Tile", [x.Name, b.Integers(repeats)]);
    }

    private static Sketch Flatten(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Pick(1, 0, x.Rank - 1);
        ImmutableArray<Factor> Joined(int start, int end) =>
            start == end ? [new Factor(1)] : [.. Enumerable.Range(start, end - start).SelectMany(at => x.Layout.Axes[at])];
        return b.Value(new Layout([Joined(0, axis), Joined(axis, x.Rank)]), "Flatten", [x.Name], ("axis", (long)axis));
    }
}
