using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>[N, C, H s, W s] as [N, s s C, H, W] with s = <c>blocksize</c>: blocks of pixels become channels.</summary>
internal sealed class SpaceToDepth : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 4;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var (shape, size) = (x.Type.Shape, call.Attributes.Int("blocksize", 1));
        if (shape.Rank != 4 || shape[2].DividedBy(size) is not { } height || shape[3].DividedBy(size) is not { } width)
            throw new UnsupportedOperatorException($"{shape} cannot be split into blocks of {size} × {size}.");
        var blocks = Reshape.To(b, x, [shape[0], shape[1], height, size, width, size]);
        return [Reshape.To(b, TransposeAxes.Of(b, blocks, 0, 3, 5, 1, 2, 4), [shape[0], shape[1] * (size * size), height, width])];
    }

    /// <inheritdoc/>
    protected override bool HasFloat64Kernel => true;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;
}
