using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Numbers that are quantized and read back, of a value or of a weight.</summary>
internal static class QuantizationBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("quantized value", 4, (b, x) => Takes(b) && x.Rank > 0, (b, x) => b.Value(x.Layout, "Identity", [Rounded(b, x)])),
        new("quantized weight", 4, (b, x) => Takes(b) && x.Rank > 0 && !x.Layout.HoldsSamples(x.Rank - 1), Dense),
    ];

    /// <summary>Quantization is of float32, and of float16 since opset 19.</summary>
    private static bool Takes(GraphBuilder b) => b.Bits == 32 || b.Bits == 16 && b.Opset >= 19;

    private static Sketch Dense(GraphBuilder b, Sketch x)
    {
        var width = Sizes.Of(b);
        var weight = b.Weight(1 / Math.Sqrt(x.Shape[^1]), x.Shape[^1], width);
        return b.Value(
            x.Layout.With(x.Rank - 1, width),
            "MatMul",
            [x.Name, Rounded(b, new Sketch(weight, Layout.Plain(x.Shape[^1], width)))]
        );
    }

    private static string Rounded(GraphBuilder b, Sketch x)
    {
        int[] axes = [.. x.PlainAxes.Where(axis => x.Shape[axis] > 1)];
        var axis = axes.Length > 0 && b.Choices.OneIn(3) ? b.Choices.Pick(axes) : -1;
        var count = axis < 0 ? 1 : x.Shape[axis];
        int[] shape = axis < 0 ? [] : [count];
        double[] scales = [.. Enumerable.Range(0, count).Select(_ => b.Choices.Pick(0.125, 0.0625, 0.25))];
        long[] zeros = [.. Enumerable.Range(0, count).Select(_ => (long)b.Choices.Pick(0, 3, -5))];
        string[] steps = [b.Numbers(shape, scales), b.Bytes(shape, zeros)];
        (string, object)[] attributes = axis < 0 ? [] : [("axis", (long)axis)];
        return b.Node("DequantizeLinear", [b.Node("QuantizeLinear", [x.Name, .. steps], attributes), .. steps], attributes);
    }
}
