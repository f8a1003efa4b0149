using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// [N, C s², H, W] as [N, C, H s, W s] with s = <c>blocksize</c>: channels become blocks of pixels. Channels are ordered as (s, s, C) for
/// the <c>mode</c> DCR, as (C, s, s) for CRD.
/// </summary>
internal sealed class DepthToSpace : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 4;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var (shape, size) = (x.Type.Shape, call.Attributes.Int("blocksize", 1));
        var channels =
            (shape.Rank == 4 ? shape[1].DividedBy(size * size) : null)
            ?? throw new UnsupportedOperatorException($"the channels of {shape} cannot be made into blocks of {size} × {size}.");
        var blocks =
            call.Attributes.Text("mode", "DCR") == "CRD"
                ? TransposeAxes.Of(b, Reshape.To(b, x, [shape[0], channels, size, size, shape[2], shape[3]]), 0, 1, 4, 2, 5, 3)
                : TransposeAxes.Of(b, Reshape.To(b, x, [shape[0], size, size, channels, shape[2], shape[3]]), 0, 3, 4, 1, 5, 2);
        return [Reshape.To(b, blocks, [shape[0], channels, shape[2] * size, shape[3] * size])];
    }

    /// <inheritdoc/>
    protected override bool HasFloat64Kernel => true;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;
}
