using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Convolutions, poolings and resizes of [N, C, …] with one or two spatial axes.</summary>
internal static class ConvolutionBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("convolution", 14, (_, x) => IsImage(x), Convolution),
        new("transposed convolution", 4, (_, x) => IsImage(x) && x.Layout.Count() <= Sizes.Most / 4, Transposed),
        new("pooling", 8, (_, x) => IsImage(x), Pooling),
        new("global pooling", 5, (_, x) => IsImage(x), Global),
        new("resize", 3, (_, x) => IsImage(x) && x.Layout.Count() <= Sizes.Most / 4, Resize),
        new(
            "depth to space",
            2,
            (_, x) => IsImage(x) && x.Rank == 4 && x.Shape[1] % 4 == 0,
            (b, x) => Shuffle(b, x, "DepthToSpace", x.Shape[1] / 4, 2 * x.Shape[2], 2 * x.Shape[3])
        ),
        new(
            "space to depth",
            2,
            (_, x) => IsImage(x) && x.Rank == 4 && x.Shape[2] % 2 == 0 && x.Shape[3] % 2 == 0,
            (b, x) => Shuffle(b, x, "SpaceToDepth", 4 * x.Shape[1], x.Shape[2] / 2, x.Shape[3] / 2)
        ),
    ];

    private static bool IsImage(Sketch x) => x.Rank is 3 or 4 && Enumerable.Range(1, x.Rank - 1).All(axis => !x.Layout.HoldsSamples(axis));

    private static long[] Repeated(long value, int count) => [.. Enumerable.Repeat(value, count)];

    private static Layout Sized(Sketch x, int channels, IEnumerable<int> sizes) =>
        sizes.Index().Aggregate(x.Layout.With(1, channels), (layout, entry) => layout.With(entry.Index + 2, entry.Item));

    private static Sketch Convolution(GraphBuilder b, Sketch x)
    {
        var (spatial, channels) = (x.Rank - 2, x.Shape[1]);
        var kernel = x.Shape[2..].Select(size => b.Choices.Pick(2, 1, 3)).ToArray();
        var pad = b.Choices.Pick(1L, 0L, 2L);
        var (stride, dilation) = (b.Choices.Weighted([(3, 1L), (1, 2L)]), b.Choices.Weighted([(4, 1L), (1, 2L)]));
        var sizes = x.Shape[2..].Select((size, axis) => (int)((size + 2 * pad - dilation * (kernel[axis] - 1) - 1) / stride) + 1).ToArray();
        if (x.Shape[2..].Select((size, axis) => size + 2 * pad - dilation * (kernel[axis] - 1) - 1).Any(room => room < 0))
            return x;
        var groups = b.Choices.Weighted([(4, 1), (2, channels), (1, channels % 2 == 0 ? 2 : 1)]);
        var width = groups * b.Choices.Pick(groups > 1 ? 1 : 2, 1, 2);
        if (groups > 1)
            b.Trait(groups == channels ? "depthwise" : "grouped");
        string[] bias = b.Choices.OneIn(2) ? [b.Weight(0.5, width)] : [];
        return b.Value(
            Sized(x, width, sizes),
            "Conv",
            [x.Name, b.Weight(0.8, [width, channels / groups, .. kernel]), .. bias],
            ("group", (long)groups),
            ("pads", Repeated(pad, 2 * spatial)),
            ("strides", Repeated(stride, spatial)),
            ("dilations", Repeated(dilation, spatial))
        );
    }

    private static Sketch Transposed(GraphBuilder b, Sketch x)
    {
        var (spatial, channels) = (x.Rank - 2, x.Shape[1]);
        var (kernel, stride) = (b.Choices.Pick(2, 1, 3), b.Choices.Pick(1, 2));
        var pad = kernel > 1 && x.Shape[2..].All(size => size > 1) ? b.Choices.Pick(0, 1) : 0;
        var groups = b.Choices.Weighted([(3, 1), (1, channels)]);
        var sizes = x.Shape[2..].Select(size => stride * (size - 1) + kernel - 2 * pad).ToArray();
        var width = b.Choices.Pick(1, 2);
        string[] bias = b.Choices.OneIn(2) ? [b.Weight(0.5, groups * width)] : [];
        return b.Value(
            Sized(x, groups * width, sizes),
            "ConvTranspose",
            [x.Name, b.Weight(0.8, [channels, width, .. Enumerable.Repeat(kernel, spatial)]), .. bias],
            ("group", (long)groups),
            ("pads", Repeated(pad, 2 * spatial)),
            ("strides", Repeated(stride, spatial))
        );
    }

    private static Sketch Pooling(GraphBuilder b, Sketch x)
    {
        var op = b.Choices.Pick("MaxPool", "AveragePool", "LpPool");
        var (spatial, kernel, stride) = (x.Rank - 2, b.Choices.Pick(2, 3), b.Choices.Pick(1, 2));
        var pad = b.Choices.Pick(0, 1);
        if (x.Shape[2..].Any(size => size + 2 * pad < kernel) || op == "LpPool" && pad > 0)
            return x;
        // A window that lies on padding alone has no maximum.
        var sizes = x.Shape[2..].Select(size => (size + 2 * pad - kernel) / stride + 1).ToArray();
        (string, object)[] counted = op == "AveragePool" ? [("count_include_pad", (long)b.Choices.Next(2))] : [];
        return b.Value(
            Sized(x, x.Shape[1], sizes),
            op,
            [x.Name],
            [
                ("kernel_shape", Repeated(kernel, spatial)),
                ("strides", Repeated(stride, spatial)),
                ("pads", Repeated(pad, 2 * spatial)),
                .. counted,
            ]
        );
    }

    private static Sketch Global(GraphBuilder b, Sketch x) =>
        b.Value(Sized(x, x.Shape[1], x.Shape[2..].Select(_ => 1)), b.Choices.Pick("GlobalAveragePool", "GlobalMaxPool"), [x.Name]);

    private static Sketch Resize(GraphBuilder b, Sketch x)
    {
        var scales = x.Shape.Select((_, axis) => axis < 2 ? 1.0 : 2.0).ToArray();
        (string, object)[] form = b.Choices.OneIn(2)
            ? [("mode", "linear"), ("coordinate_transformation_mode", "half_pixel")]
            : [("mode", "nearest"), ("coordinate_transformation_mode", "half_pixel"), ("nearest_mode", "round_prefer_floor")];
        return b.Value(Sized(x, x.Shape[1], x.Shape[2..].Select(size => 2 * size)), "Resize", [x.Name, "", b.Scales(scales)], form);
    }

    private static Sketch Shuffle(GraphBuilder b, Sketch x, string op, int channels, int height, int width) =>
        b.Value(
            Sized(x, channels, [height, width]),
            op,
            [x.Name],
            op == "DepthToSpace" ? [("blocksize", 2L), ("mode", b.Choices.Pick("DCR", "CRD"))] : [("blocksize", 2L)]
        );
}
