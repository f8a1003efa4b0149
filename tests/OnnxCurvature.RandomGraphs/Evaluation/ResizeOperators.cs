using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Resize of images by whole factors, with places of halves of pixels.</summary>
internal static class ResizeOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Resize"] = (node, x) =>
                [Resize(x[0]!, [.. x[2]!.Numbers.Select(scale => scale.Value)], node.Text("mode", "nearest") == "linear")],
        };

    private static Data Resize(Data x, double[] scales, bool linear)
    {
        for (var axis = 0; axis < x.Rank; axis++)
            if (scales[axis] != 1)
                x = Along(x, axis, scales[axis], linear);
        return x;
    }

    private static Data Along(Data x, int axis, double scale, bool linear)
    {
        var size = x.Shape[axis];
        var count = (int)Math.Floor(size * scale);
        var parts = new List<Data>();
        for (var i = 0; i < count; i++)
        {
            var place = (i + 0.5) / scale - 0.5;
            // The nearest one; of two the lower.
            var low = linear ? (int)Math.Floor(place) : (int)Math.Ceiling(place - 0.5);
            var share = linear ? place - low : 0;
            var (first, second) = (Entry(low), Entry(low + 1));
            parts.Add(share == 0 ? first : Data.Zip(first, second, (a, b) => (1 - share) * a + share * b));
        }
        return StructureOperators.Concat([.. parts], axis);

        Data Entry(int at) => StructureOperators.Range(x, axis, Math.Clamp(at, 0, size - 1), 1, 1);
    }
}
