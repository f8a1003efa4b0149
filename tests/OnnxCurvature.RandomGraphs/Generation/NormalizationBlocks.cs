using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Normalizations that keep samples separate, and softmax.</summary>
internal static class NormalizationBlocks
{
    private const double Epsilon = 0.0625;

    public static IReadOnlyList<Block> All { get; } =
    [
        new("softmax", 6, (_, x) => x.PlainAxes.Length > 0, Softmax),
        new("layer normalization", 4, (b, x) => b.Opset >= 17 && x.Rank >= 2 && !x.Layout.HoldsSamples(x.Rank - 1), Layer),
        new("batch normalization", 4, (_, x) => x.Rank >= 2 && !x.Layout.HoldsSamples(1), Batch),
        new("instance normalization", 3, (_, x) => Channels(x), Instance),
        new("group normalization", 3, (b, x) => b.Opset >= 21 && Channels(x), Group),
        new(
            "lp normalization",
            2,
            (_, x) => x.PlainAxes.Length > 0,
            (b, x) => b.Value(x.Layout, "LpNormalization", [x.Name], ("axis", Axis(b, x)), ("p", b.Choices.Pick(2L, 1L)))
        ),
        new("mean variance normalization", 1, (_, x) => x.PlainAxes.Any(axis => x.Shape[axis] > 2), MeanVariance),
    ];

    private static long Axis(GraphBuilder b, Sketch x) => x.PlainAxes[^(1 + b.Choices.Next(x.PlainAxes.Length))];

    private static bool Channels(Sketch x) => x.Rank is 3 or 4 && Enumerable.Range(1, x.Rank - 1).All(axis => !x.Layout.HoldsSamples(axis));

    private static Sketch Softmax(GraphBuilder b, Sketch x) =>
        b.Value(x.Layout, b.Choices.Pick("Softmax", "LogSoftmax"), [x.Name], ("axis", Axis(b, x)));

    private static Sketch Layer(GraphBuilder b, Sketch x)
    {
        string[] bias = b.Choices.OneIn(2) ? [b.Weight(0.5, x.Shape[^1])] : [];
        return b.Value(x.Layout, "LayerNormalization", [x.Name, b.Weight(1, x.Shape[^1]), .. bias], ("axis", -1L), ("epsilon", Epsilon));
    }

    private static Sketch Batch(GraphBuilder b, Sketch x)
    {
        var c = x.Shape[1];
        return b.Value(
            x.Layout,
            "BatchNormalization",
            [x.Name, b.Weight(1, c), b.Weight(0.5, c), b.Constant(0.5, false, c), b.Constant(1, true, c)],
            ("epsilon", Epsilon)
        );
    }

    private static Sketch Instance(GraphBuilder b, Sketch x) =>
        b.Value(x.Layout, "InstanceNormalization", [x.Name, b.Weight(1, x.Shape[1]), b.Weight(0.5, x.Shape[1])], ("epsilon", Epsilon));

    private static Sketch Group(GraphBuilder b, Sketch x)
    {
        var groups = x.Shape[1] % 2 == 0 ? b.Choices.Pick(1L, 2L) : 1;
        return b.Value(
            x.Layout,
            "GroupNormalization",
            [x.Name, b.Weight(1, x.Shape[1]), b.Weight(0.5, x.Shape[1])],
            ("epsilon", Epsilon),
            ("num_groups", groups)
        );
    }

    private static Sketch MeanVariance(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Pick([.. x.PlainAxes.Where(axis => x.Shape[axis] > 2)]);
        return b.Value(x.Layout, "MeanVarianceNormalization", [x.Name], ("axes", new long[] { axis }));
    }
}
