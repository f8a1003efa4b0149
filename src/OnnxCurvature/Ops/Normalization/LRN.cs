using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// Local response normalization: y = x / (bias + alpha / size * Σ x²) ^ beta, where the sum is over <c>size</c> neighbouring channels,
/// of which ⌊(size - 1) / 2⌋ come before.
/// </summary>
internal sealed class LRN : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var size = call.Attributes.Int("size", 1);
        if (size < 1)
            throw new UnsupportedOperatorException($"LRN sums over {size} channels, and 1 is the least.");
        var channels =
            x.Value.Type.Shape[1].Known
            ?? throw new UnsupportedOperatorException(
                $"LRN needs the number of channels, and {x.Value.Type.Shape[1]} is not known; give the sizes of symbolic dimensions."
            );
        // Channels beyond the first and the last are the margin, of zeros.
        var (before, after) = (Math.Min((size - 1) / 2, channels), Math.Min(size / 2, channels));
        var squares = Pad.Of(b, x * x, 1, before, after);
        var sum = x.With(Slice.Of(b, squares, 1, 0, channels));
        for (var offset = 1L; offset <= before + after; offset++)
            sum += x.With(Slice.Of(b, squares, 1, offset, channels + offset));
        var scale = call.Attributes.Float("bias", 1) + call.Attributes.Float("alpha", 1e-4) / size * sum;
        return [x / x.With(Catalogue.Get<Pow>().Apply(b, [scale.Value, x.Number(call.Attributes.Float("beta", 0.75)).Value]).Output)];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        (node.Attributes.Int("size", 1) + 20) * size(node.Output.Type.Shape.Elements);
}
