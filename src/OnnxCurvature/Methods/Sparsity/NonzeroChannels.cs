using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// For every position the channels at which a mask is not zero. There are as many slots as the position with the most such channels needs;
/// at others the rest is filled up with channels at which the mask is zero.
/// </summary>
/// <param name="Indices">Channels, 64-bit integers [R, A], R positions of all samples.</param>
/// <param name="Mask">Whether the mask is not zero there, booleans [R, A].</param>
/// <param name="Slopes">The mask's factors there, [R, A]; null where all of them are one.</param>
/// <param name="Capacity">A, a 64-bit integer [1].</param>
internal sealed record NonzeroChannels(Value Indices, Value Mask, Value? Slopes, Value Capacity)
{
    /// <summary>A, the number of slots, which the data determine.</summary>
    public Dim Count => Indices.Type.Shape[1];

    /// <summary>How many channels are nonzero at each position, one at least, 64-bit integers [R, 1].</summary>
    public Value Counts(GraphBuilder b) =>
        Max.Of(b, ReduceSum.Of(b, Cast.Of(b, Mask, ElementType.Int64), [1], keepDims: true), b.Vector(1));

    /// <summary>How many channels are nonzero up to each slot and with it, 64-bit integers [R, A].</summary>
    public Value Ordinals(GraphBuilder b) =>
        Catalogue.Get<CumSum>().Apply(b, [Cast.Of(b, Mask, ElementType.Int64), b.Scalar(ElementType.Int64, 1)]).Output;

    /// <summary>The values of the nonzero channels of a position, where there are <paramref name="count"/> of them.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="slots">A value for each slot, [R, A].</param>
    /// <param name="position">The position.</param>
    /// <param name="count">The position's own of the <see cref="Counts"/>.</param>
    public Value First(GraphBuilder b, Value slots, Value position, Value count)
    {
        var all = Gather.Of(b, slots, position, 0);
        return Catalogue
            .Get<Slice>()
            .Apply(
                b,
                [all, b.Vector(0), count, b.Vector(0)],
                types: [all.Type with { Shape = [Dim.OfData($"nonzero_{count.Producer!.Id}")] }]
            )
            .Output;
    }

    /// <summary>
    /// The values that were made for the nonzero channels of a position only, [B, …], in a row for each slot, [A, …]. The other entries
    /// of a row are never read.
    /// </summary>
    public Value InSlots(GraphBuilder b, Value made, Value position)
    {
        var last = Sub.Of(b, Gather.Of(b, Ordinals(b), position, 0), b.Scalar(ElementType.Int64, 1));
        return Gather.Of(b, made, last, 0);
    }

    /// <summary>The nonzero channels of a mask.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="mask">The mask's factors, [N, C, P].</param>
    /// <param name="isMask">Whether these are zeros and ones.</param>
    public static NonzeroChannels Of(GraphBuilder b, Value mask, bool isMask)
    {
        var slopes = ByPosition(b, mask);
        var rows = slopes.Type.Shape[0];
        var isNonzero = Cast.Of(b, IsNonzero(b, slopes), ElementType.Float32);
        var most = Cast.Of(b, ReduceMax.Of(b, ReduceSum.Of(b, isNonzero, [1], keepDims: false), [0], keepDims: true), ElementType.Int64);
        var count = Max.Of(b, most, b.Vector(1));
        // Of equal entries the first come first: nonzero ones before zeros, and each in the order of channels.
        var size = Dim.OfData($"most_nonzero_{count.Producer!.Id}");
        var first = Catalogue
            .Get<TopK>()
            .Apply(
                b,
                [isNonzero, count],
                Attributes.Empty.With("axis", 1L),
                2,
                [new TensorType(ElementType.Float32, [rows, size]), new TensorType(ElementType.Int64, [rows, size])]
            )
            .Outputs;
        return new NonzeroChannels(
            first[1],
            Cast.Of(b, first[0], ElementType.Bool),
            isMask ? null : GatherElements.Of(b, slopes, first[1], 1),
            count
        );
    }

    /// <summary>A mask [N, C, P] as [R, C].</summary>
    public static Value ByPosition(GraphBuilder b, Value mask) =>
        Reshape.To(b, TransposeAxes.Of(b, mask, 0, 2, 1), [mask.Type.Shape[0] * mask.Type.Shape[2], mask.Type.Shape[1]]);

    /// <summary>Where factors are other than zero.</summary>
    public static Value IsNonzero(GraphBuilder b, Value slopes) =>
        Catalogue.Get<Not>().Apply(b, [Equal.Of(b, slopes, b.Scalar(slopes.Type.Element, 0))]).Output;
}
