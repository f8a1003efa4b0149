using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Methods.Gates;

/// <summary>The gate after the last product of a chain. What is made at its open channels goes to its place among all channels, between zeros.</summary>
/// <param name="Channels">The open channels.</param>
/// <param name="Counts">How many there are at each position, one at least, 64-bit integers [R, 1], R positions of all samples.</param>
/// <param name="Places">For each channel its place among the open ones of a position, and −1 where the gate is closed, 64-bit integers [R, O].</param>
internal sealed record OpenEnd(ActiveChannels Channels, Value Counts, Value Places)
{
    /// <summary>The open end of a gate [N, O, P].</summary>
    public static OpenEnd Of(GraphBuilder b, Value gate, bool isMask)
    {
        var isOpen = ActiveChannels.IsOpen(b, ActiveChannels.ByPosition(b, gate));
        var counted = Cast.Of(b, isOpen, ElementType.Int64);
        var (one, none) = (b.Scalar(ElementType.Int64, 1), b.Scalar(ElementType.Int64, -1));
        var upTo = Catalogue.Get<CumSum>().Apply(b, [counted, one]).Output;
        var channels = ActiveChannels.Of(b, gate, isMask);
        return new OpenEnd(channels, channels.Counts(b), Catalogue.Get<Where>().Apply(b, [isOpen, Add.Of(b, upTo, none), none]).Output);
    }
}
