using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// Convolutions as sums of matrix products, one for every few kernel positions: y = Σ_k W_k X_k, where X_k is what kernel position
/// k sees of x. Unlike <see cref="Unfolding"/> it never holds all windows at once, so memory stays within a few times that of x
/// and y, and sizes need not be known.
/// </summary>
internal static class TapProducts
{
    /// <summary>
    /// Kernel positions go into one product as long as it then sums over at most so many channels: fewer make poor use of a matrix product.
    /// </summary>
    private const long FewestChannels = 64;

    /// <summary>The convolution.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="x">[N, C, *spatial].</param>
    /// <param name="w">[O, C/G, *kernel].</param>
    /// <param name="window">The window.</param>
    /// <param name="groups">G.</param>
    /// <param name="y">The shape [N, O, *outputs].</param>
    public static Value Convolve(GraphBuilder b, Value x, Value w, Window window, long groups, TensorShape y)
    {
        var outputs = y.Range(2, y.Rank);
        var taps = new WindowTaps(b, x, window, outputs);
        var (inner, perGroup) = (
            w.Type.Shape[1],
            w.Type.Shape[0].DividedBy(groups)
                ?? throw new UnsupportedOperatorException($"{w.Type.Shape[0]} filters cannot be split into {groups} groups.")
        );
        TensorShape lead = groups == 1 ? [] : [groups];
        var kernels = TransposeAxes.Last(b, Reshape.To(b, w, [.. lead, perGroup, inner, taps.Count]));
        var together = Math.Clamp(FewestChannels / Math.Max(1, (inner * groups).Known ?? FewestChannels), 1, taps.Count);
        // ONNX Runtime orders nodes anew, from the last to the first, and of two inputs it makes the one first whose node comes later: of
        // sums that come after each product it makes all products at first. So a few products come together before their sums, about the
        // root of their number, and as few wait in either order.
        var group = (int)Math.Ceiling(Math.Sqrt((double)taps.Count / together));
        Value? sum = null;
        var products = new List<Value>();
        for (var first = 0L; first < taps.Count; first += together)
        {
            var last = Math.Min(first + together, taps.Count);
            Value[] seen =
            [
                .. Enumerable
                    .Range((int)first, (int)(last - first))
                    .Select(tap => Reshape.To(b, taps.At(tap), [x.Type.Shape[0], .. lead, inner, outputs.Elements])),
            ];
            var columns = Concat.Of(b, seen, lead.Rank + 1);
            var part = Slice.Of(b, kernels, lead.Rank + 1, first, last);
            var rows = Reshape.To(b, part, [.. lead, perGroup, inner * (last - first)]);
            // With one channel there is nothing to sum: every position is scaled.
            products.Add((inner * (last - first)).IsOne ? Mul.Of(b, rows, columns) : MatMul.Of(b, rows, columns));
            if (products.Count < group && last < taps.Count)
                continue;
            foreach (var product in products)
                sum = sum is null ? product : Add.Of(b, sum, product);
            products.Clear();
        }
        return Reshape.To(b, sum!, y);
    }

    /// <summary>y with a vector over its channels added, where there is one.</summary>
    public static Value WithBias(GraphBuilder b, Value y, Value? bias) =>
        bias is null ? y : Add.Of(b, y, ChannelVectors.Along(b, bias, y.Type.Rank));
}
