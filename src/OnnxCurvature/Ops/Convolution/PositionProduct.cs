using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// A convolution over so few positions that most of the kernel meets the padding, as a product with the matrix that the weight then is:
/// y[n, o, q] = Σ_cp x[n, c, p] M[c, p, o, q], where M is the weight at the kernel position at which p and q meet, or zero.
/// </summary>
internal static class PositionProduct
{
    /// <summary>The product; null where there are more positions, groups, or a bias.</summary>
    public static Func<GraphBuilder, Value>? Of(Node node) => IsWorthwhile(node) ? b => Product(b, node) : null;

    private static bool IsWorthwhile(Node node)
    {
        if (node.Attributes.Int("group", 1) != 1 || node.Input(2) is not null || !node.Inputs[1]!.Type.Shape.IsKnown)
            return false;
        var (x, y, w) = (node.Inputs[0]!.Type.Shape, node.Output.Type.Shape, node.Inputs[1]!.Type.Shape);
        return x.Product(2, x.Rank).Known is { } inputs
            && y.Product(2, y.Rank).Known is { } outputs
            && w.Product(2, w.Rank).Factor is var kernel
            && x[1].IsKnown
            && 2 * inputs <= kernel
            && inputs * outputs <= 2 * kernel;
    }

    private static Value Product(GraphBuilder b, Node node)
    {
        var (x, w, y) = (node.Inputs[0]!, node.Inputs[1]!, node.Output.Type.Shape);
        var (shape, rank) = (w.Type.Shape, w.Type.Rank);
        var window = Window.Of(node.Attributes, shape.Skip(2).Select(dim => dim.Factor), x.Type.Shape.Range(2, rank));
        var taps = window.Taps(x.Type.Shape.Range(2, rank).Sizes, y.Range(2, rank).Sizes);
        var (inputs, outputs, kernel) = (
            (int)x.Type.Shape.Product(2, rank).Factor,
            (int)y.Product(2, rank).Factor,
            (int)shape.Product(2, rank).Factor
        );
        // The kernel position at which an input and an output position meet; one after the last, where a zero is put, for those that do
        // not.
        var meeting = Enumerable.Repeat((long)kernel, inputs * outputs).ToArray();
        for (var at = 0; at < taps.Length; at++)
            if (taps[at] >= 0)
                meeting[taps[at] * outputs + at % outputs] = at / outputs;
        var padded = Pad.Of(b, Reshape.To(b, w, [shape[0], shape[1], kernel]), 2, 0, 1);
        var entries = Reshape.To(b, Gather.Of(b, padded, b.Vector(meeting), 2), [shape[0], shape[1], inputs, outputs]);
        var matrix = Reshape.To(b, TransposeAxes.Of(b, entries, 1, 2, 0, 3), [shape[1] * inputs, shape[0] * outputs]);
        return Reshape.To(b, MatMul.Of(b, Reshape.To(b, x, [x.Type.Shape[0], shape[1] * inputs]), matrix), y);
    }
}
