using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Convolutions and poolings, over any number of spatial axes.</summary>
internal static class WindowOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Conv"] = (node, x) => [Conv(node, x)],
            ["ConvTranspose"] = (node, x) => [ConvTranspose(node, x)],
            ["MaxPool"] = (node, x) => [Pool(node, x[0]!, (inside, _) => inside.Aggregate(Functions.Max))],
            ["AveragePool"] = (node, x) =>
                [
                    Pool(
                        node,
                        x[0]!,
                        (inside, all) =>
                            1.0 / (node.Int("count_include_pad", 0) != 0 ? all : inside.Length) * ReductionOperators.Total(inside)
                    ),
                ],
            ["LpPool"] = (node, x) =>
                [Pool(node, x[0]!, (inside, _) => Functions.Sqrt(ReductionOperators.Total(inside.Select(Functions.Square))))],
            ["GlobalAveragePool"] = (_, x) => [Global(x[0]!, all => 1.0 / all.Length * ReductionOperators.Total(all))],
            ["GlobalMaxPool"] = (_, x) => [Global(x[0]!, all => all.Aggregate(Functions.Max))],
        };

    private static Data Global(Data x, Func<Number[], Number> function) => x.Reduce([.. Enumerable.Range(2, x.Rank - 2)], true, function);

    /// <summary>A window's sizes, steps and padding.</summary>
    private sealed record Window(int[] Kernel, int[] Strides, int[] Dilations, int[] Pads)
    {
        public static Window Of(GraphNode node, int[] kernel)
        {
            int[] Ints(string name, int otherwise, int count) =>
                node.Ints(name) is { } given ? [.. given.Select(value => (int)value)] : [.. Enumerable.Repeat(otherwise, count)];
            return new Window(
                kernel,
                Ints("strides", 1, kernel.Length),
                Ints("dilations", 1, kernel.Length),
                Ints("pads", 0, 2 * kernel.Length)
            );
        }

        public int Rank => Kernel.Length;

        /// <summary>How many positions a window has along an axis of some size.</summary>
        public int Positions(int axis, int size) =>
            (size + Pads[axis] + Pads[axis + Rank] - Dilations[axis] * (Kernel[axis] - 1) - 1) / Strides[axis] + 1;

        /// <summary>The place along an axis that a tap of the window meets.</summary>
        public int Place(int axis, int position, int tap) => position * Strides[axis] + tap * Dilations[axis] - Pads[axis];

        /// <summary>The place in a value of these spatial sizes; null outside of it.</summary>
        public int? Index(ReadOnlySpan<int> positions, int[] taps, int[] sizes)
        {
            var index = 0;
            for (var axis = 0; axis < Rank; axis++)
            {
                var place = Place(axis, positions[axis], taps[axis]);
                if (place < 0 || place >= sizes[axis])
                    return null;
                index = index * sizes[axis] + place;
            }
            return index;
        }
    }

    private static Data Conv(GraphNode node, Data?[] inputs)
    {
        var (x, w) = (inputs[0]!, inputs[1]!);
        var window = Window.Of(node, w.Shape[2..]);
        var groups = (int)node.Int("group", 1);
        int[] sizes = x.Shape[2..];
        int[] shape = [x.Shape[0], w.Shape[0], .. sizes.Select((size, axis) => window.Positions(axis, size))];
        var (perGroup, area, taps) = (w.Shape[1], Data.CountOf(sizes), Data.CountOf(window.Kernel));
        var result = new List<Number>();
        foreach (var at in Data.Coordinates(shape))
        {
            var sum = inputs.Length > 2 && inputs[2] is { } bias ? bias.Numbers[at[1]] : w.Numbers[0].Constant(0);
            var channel = at[1] / (shape[1] / groups) * perGroup;
            for (var c = 0; c < perGroup; c++)
            {
                var tap = 0;
                foreach (var place in Data.Coordinates(window.Kernel))
                {
                    if (window.Index(at.AsSpan(2), place, sizes) is { } index)
                        sum +=
                            x.Numbers[(at[0] * x.Shape[1] + channel + c) * area + index] * w.Numbers[(at[1] * perGroup + c) * taps + tap];
                    tap++;
                }
            }
            result.Add(sum);
        }
        return new Data(shape, [.. result]);
    }

    /// <summary>Every entry of the input is put, times the kernel, to the positions that a convolution would take it from.</summary>
    private static Data ConvTranspose(GraphNode node, Data?[] inputs)
    {
        var (x, w) = (inputs[0]!, inputs[1]!);
        var window = Window.Of(node, w.Shape[2..]);
        var groups = (int)node.Int("group", 1);
        int[] sizes =
        [
            .. x.Shape[2..]
                .Select(
                    (size, axis) =>
                        window.Strides[axis] * (size - 1)
                        + window.Dilations[axis] * (window.Kernel[axis] - 1)
                        + 1
                        - window.Pads[axis]
                        - window.Pads[axis + window.Rank]
                ),
        ];
        var outPerGroup = w.Shape[1];
        var inPerGroup = x.Shape[1] / groups;
        var area = Data.CountOf(sizes);
        var taps = Data.CountOf(window.Kernel);
        int[] shape = [x.Shape[0], groups * outPerGroup, .. sizes];
        var result = new Number[Data.CountOf(shape)];
        for (var i = 0; i < result.Length; i++)
            result[i] = inputs.Length > 2 && inputs[2] is { } bias ? bias.Numbers[i / area % shape[1]] : w.Numbers[0].Constant(0);
        foreach (var at in Data.Coordinates(x.Shape))
        {
            var value = x.Numbers[x.IndexOf(at)];
            for (var c = 0; c < outPerGroup; c++)
            {
                var tap = 0;
                foreach (var place in Data.Coordinates(window.Kernel))
                {
                    if (window.Index(at.AsSpan(2), place, sizes) is { } index)
                        result[(at[0] * shape[1] + at[1] / inPerGroup * outPerGroup + c) * area + index] +=
                            value * w.Numbers[(at[1] * outPerGroup + c) * taps + tap];
                    tap++;
                }
            }
        }
        return new Data(shape, result);
    }

    private static Data Pool(GraphNode node, Data x, Func<Number[], int, Number> function)
    {
        var window = Window.Of(node, [.. node.Ints("kernel_shape")!.Select(size => (int)size)]);
        int[] sizes = x.Shape[2..];
        int[] shape = [.. x.Shape[..2], .. sizes.Select((size, axis) => window.Positions(axis, size))];
        var area = Data.CountOf(sizes);
        return new Data(
            shape,
            [
                .. Data.Coordinates(shape)
                    .Select(at =>
                    {
                        var inside = new List<Number>();
                        foreach (var place in Data.Coordinates(window.Kernel))
                            if (window.Index(at.AsSpan(2), place, sizes) is { } index)
                                inside.Add(x.Numbers[(at[0] * shape[1] + at[1]) * area + index]);
                        return function([.. inside], Data.CountOf(window.Kernel));
                    }),
            ]
        );
    }
}
