using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// The mask after a product. A product at its nonzero channels is scattered among all channels, or gathered by their indices.
/// </summary>
/// <param name="Channels">The nonzero channels.</param>
/// <param name="Counts">How many there are at each position, one at least, 64-bit integers [R, 1], R positions of all samples.</param>
/// <param name="CompactIndices">For each channel its place among the nonzero ones of a position, and −1 where the mask is zero, 64-bit
/// integers [R, O].</param>
internal sealed record OutputMask(NonzeroChannels Channels, Value Counts, Value CompactIndices)
{
    /// <summary>The nonzero channels of a mask [N, O, P].</summary>
    public static OutputMask Of(GraphBuilder b, Value mask, bool isMask)
    {
        var isNonzero = NonzeroChannels.IsNonzero(b, NonzeroChannels.ByPosition(b, mask));
        var counted = Cast.Of(b, isNonzero, ElementType.Int64);
        var (one, none) = (b.Scalar(ElementType.Int64, 1), b.Scalar(ElementType.Int64, -1));
        var upTo = Catalogue.Get<CumSum>().Apply(b, [counted, one]).Output;
        var channels = NonzeroChannels.Of(b, mask, isMask);
        return new OutputMask(
            channels,
            channels.Counts(b),
            Catalogue.Get<Where>().Apply(b, [isNonzero, Add.Of(b, upTo, none), none]).Output
        );
    }

    /// <summary>
    /// The outputs of a product at the nonzero channels of a position, [B, K], at all channels, [O, K], with zeros between them.
    /// </summary>
    public Value AtAllChannels(GraphBuilder b, Value product, Value position)
    {
        var zeros = Expand.Of(b, b.Scalar(product.Type.Element, 0), [1, product.Type.Shape[1]]);
        return Gather.Of(b, Concat.Of(b, [product, zeros], 0), Gather.Of(b, CompactIndices, position, 0), 0);
    }

    /// <summary>
    /// In which row of what was made at all positions, [R * A, K], an entry is that counts through positions and channels, 64-bit integers
    /// [R * O]. Those at which the mask is closed are in none.
    /// </summary>
    public Value Rows(GraphBuilder b)
    {
        var positions = b.Vector([.. Enumerable.Range(0, (int)CompactIndices.Type.Shape[0].Factor).Select(number => (long)number)]);
        var rows = Add.Of(b, Reshape.InsertAxis(b, Mul.Of(b, positions, Channels.Capacity), 1), CompactIndices);
        return Reshape.To(b, rows, [CompactIndices.Type.Shape.Elements]);
    }
}
