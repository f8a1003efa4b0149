using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Operators that move entries.</summary>
internal static class StructureOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Reshape"] = (_, x) => [Reshape(x[0]!, x[1]!.Integers!)],
            ["Shape"] = (_, x) => [new Data([x[0]!.Rank], null, [.. x[0]!.Shape.Select(size => (long)size)])],
            ["Transpose"] = (node, x) =>
                [
                    x[0]!.Transposed([
                        .. (node.Ints("perm") ?? [.. Enumerable.Range(0, x[0]!.Rank).Reverse().Select(axis => (long)axis)]).Select(axis =>
                            (int)axis
                        ),
                    ]),
                ],
            ["Flatten"] = (node, x) => [Flatten(x[0]!, x[0]!.Axis(node.Int("axis", 1)))],
            ["Squeeze"] = (_, x) => [Squeeze(x[0]!, x[1]!.Integers!)],
            ["Unsqueeze"] = (_, x) => [Unsqueeze(x[0]!, x[1]!.Integers!)],
            ["Concat"] = (node, x) => [Concat([.. x.Select(data => data!)], x[0]!.Axis(node.Int("axis", 0)))],
            ["Split"] = (node, x) => Split(x[0]!, x[0]!.Axis(node.Int("axis", 0)), x[1]!.Integers!),
            ["Slice"] = (_, x) => [Slice(x)],
            ["Part"] = (node, x) => [Part(x[0]!, node.Ints("starts")!, node.Ints("ends")!, node.Ints("dropped")!)],
            ["Pad"] = (node, x) => [Pad(x[0]!, x[1]!.Integers!, node.Text("mode", "constant"))],
            ["Expand"] = (_, x) => [x[0]!.Broadcast(Data.BroadcastShape(x[0]!.Shape, [.. x[1]!.Integers!.Select(size => (int)size)]))],
            ["Tile"] = (_, x) => [Tile(x[0]!, x[1]!.Integers!)],
            ["DepthToSpace"] = (node, x) => [DepthToSpace(x[0]!, (int)node.Int("blocksize", 1), node.Text("mode", "DCR") == "CRD")],
            ["SpaceToDepth"] = (node, x) => [SpaceToDepth(x[0]!, (int)node.Int("blocksize", 1))],
        };

    private static Data Reshape(Data x, long[] sizes)
    {
        var shape = sizes.Select((size, axis) => size == 0 ? x.Shape[axis] : (int)size).ToArray();
        var open = Array.IndexOf(shape, -1);
        if (open >= 0)
            shape[open] = x.Count / Data.CountOf(shape.Where(size => size != -1));
        return x.Reshaped(shape);
    }

    /// <summary>A range of each of the first axes, some of which are then left out. It is no operator of ONNX.</summary>
    private static Data Part(Data x, long[] starts, long[] ends, long[] dropped)
    {
        var shape = x.Shape.Select((size, axis) => axis < starts.Length ? (int)(ends[axis] - starts[axis]) : size).ToArray();
        var source = new int[x.Rank];
        var part = x.Pick(
            shape,
            at =>
            {
                for (var axis = 0; axis < x.Rank; axis++)
                    source[axis] = at[axis] + (axis < starts.Length ? (int)starts[axis] : 0);
                return x.IndexOf(source);
            }
        );
        return Squeeze(part, dropped);
    }

    private static Data Flatten(Data x, int axis) => x.Reshaped(Data.CountOf(x.Shape[..axis]), Data.CountOf(x.Shape[axis..]));

    private static Data Squeeze(Data x, long[] axes)
    {
        var gone = axes.Select(x.Axis).ToArray();
        return x.Reshaped([.. x.Shape.Where((_, axis) => !gone.Contains(axis))]);
    }

    private static Data Unsqueeze(Data x, long[] axes)
    {
        var rank = x.Rank + axes.Length;
        var added = axes.Select(axis => (int)(axis < 0 ? axis + rank : axis)).ToHashSet();
        var sizes = new Queue<int>(x.Shape);
        return x.Reshaped([.. Enumerable.Range(0, rank).Select(axis => added.Contains(axis) ? 1 : sizes.Dequeue())]);
    }

    public static Data Concat(Data[] parts, int axis)
    {
        var shape = parts[0].Shape.ToArray();
        shape[axis] = parts.Sum(part => part.Shape[axis]);
        var (owner, offset) = (new int[shape[axis]], new int[shape[axis]]);
        for (var (part, at) = (0, 0); part < parts.Length; at += parts[part].Shape[axis], part++)
        for (var i = 0; i < parts[part].Shape[axis]; i++)
            (owner[at + i], offset[at + i]) = (part, i);
        return new Data(
            shape,
            [
                .. Data.Coordinates(shape)
                    .Select(at =>
                    {
                        var (source, part) = (at.ToArray(), parts[owner[at[axis]]]);
                        source[axis] = offset[at[axis]];
                        return part.Numbers[part.IndexOf(source)];
                    }),
            ]
        );
    }

    private static Data[] Split(Data x, int axis, long[] sizes)
    {
        var parts = new List<Data>();
        var start = 0;
        foreach (var size in sizes)
        {
            parts.Add(Range(x, axis, start, (int)size, 1));
            start += (int)size;
        }
        return [.. parts];
    }

    /// <summary>So many entries along an axis, from a start on, by steps that may go back.</summary>
    public static Data Range(Data x, int axis, int start, int count, int step)
    {
        var shape = x.Shape.ToArray();
        shape[axis] = count;
        return x.Pick(
            shape,
            at =>
            {
                var source = at.ToArray();
                source[axis] = start + step * at[axis];
                return x.IndexOf(source);
            }
        );
    }

    private static Data Slice(Data?[] x)
    {
        var result = x[0]!;
        for (var i = 0; i < x[1]!.Count; i++)
        {
            var axis = result.Axis(x[3]!.Integers![i]);
            var (size, step) = (result.Shape[axis], x.Length > 4 ? (int)x[4]!.Integers![i] : 1);
            var (start, end) = (Bound(x[1]!.Integers![i], size, step < 0), Bound(x[2]!.Integers![i], size, step < 0));
            result = Range(result, axis, start, Math.Max(0, (end - start + step - Math.Sign(step)) / step), step);
        }
        return result;
    }

    // Backwards the last entry is the first one that can be taken, and −1 lies before all of them.
    private static int Bound(long at, int size, bool back)
    {
        var place = at < 0 ? at + size : at;
        return (int)(back ? Math.Clamp(place, -1, size - 1) : Math.Clamp(place, 0, size));
    }

    private static Data Pad(Data x, long[] pads, string mode)
    {
        var shape = x.Shape.Select((size, axis) => size + (int)pads[axis] + (int)pads[axis + x.Rank]).ToArray();
        return x.Pick(
            shape,
            at =>
            {
                var source = new int[x.Rank];
                for (var axis = 0; axis < x.Rank; axis++)
                {
                    var (place, size) = (at[axis] - (int)pads[axis], x.Shape[axis]);
                    if (mode == "constant" && (place < 0 || place >= size))
                        return null;
                    source[axis] = mode switch
                    {
                        "edge" => Math.Clamp(place, 0, size - 1),
                        "reflect" => place < 0 ? -place
                        : place >= size ? 2 * size - 2 - place
                        : place,
                        _ => place,
                    };
                }
                return x.IndexOf(source);
            }
        );
    }

    private static Data Tile(Data x, long[] repeats) =>
        x.Pick(
            [.. x.Shape.Select((size, axis) => size * (int)repeats[axis])],
            at => x.IndexOf([.. at.Select((place, axis) => place % x.Shape[axis])])
        );

    private static Data DepthToSpace(Data x, int block, bool columnsFirst)
    {
        var n = x.Shape[0];
        var c = x.Shape[1] / (block * block);
        var h = x.Shape[2];
        var w = x.Shape[3];
        return columnsFirst
            ? x.Reshaped(n, c, block, block, h, w).Transposed(0, 1, 4, 2, 5, 3).Reshaped(n, c, h * block, w * block)
            : x.Reshaped(n, block, block, c, h, w).Transposed(0, 3, 4, 1, 5, 2).Reshaped(n, c, h * block, w * block);
    }

    private static Data SpaceToDepth(Data x, int block)
    {
        var n = x.Shape[0];
        var c = x.Shape[1];
        var h = x.Shape[2] / block;
        var w = x.Shape[3] / block;
        return x.Reshaped(n, c, h, block, w, block).Transposed(0, 3, 5, 1, 2, 4).Reshaped(n, c * block * block, h, w);
    }
}
