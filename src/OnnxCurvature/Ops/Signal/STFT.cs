using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Signal;

/// <summary>
/// The Fourier transforms of windows of x [N, samples, 1 or 2] that begin every <c>step</c> samples, each times the weights of a window:
/// [N, windows, bins, 2]. Of real x only half of each spectrum is there unless <c>onesided</c> is 0. Bilinear in x and the weights. Inputs:
/// x, step, weights, length.
/// </summary>
internal sealed class STFT : CompositeOperator
{
    /// <inheritdoc/>
    /// <remarks>The window is a part of the transform.</remarks>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? base.RoleOf(node, input) : ConstantRole.Formula;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        if (x.Type.Rank == 2)
            x = Reshape.InsertAxis(b, x, 2);
        if (
            call.ConstantIntegers(1) is not [var step]
            || x.Type.Shape[1].Known is not { } samples
            || (call.ConstantIntegers(3)?[0] ?? call.Input(2)?.Type.Shape[0].Known) is not { } length
            || step < 1
            || length > samples
        )
            throw new UnsupportedOperatorException(
                $"the derivative of STFT needs the numbers of samples of {x.Type.Shape} and of a window, and the step; give the sizes "
                    + $"of symbolic dimensions."
            );
        var windows = (samples - length) / step + 1;
        b.Budget.TakeTensor([windows, length]);
        var at = from window in Enumerable.Range(0, (int)windows) from n in Enumerable.Range(0, (int)length) select window * step + n;
        var frames = new Expr(b, Gather.Of(b, x, b.Constant(Tensor.Of(ElementType.Int64, [windows, length], [.. at])), 1));
        if (call.Input(2) is { } weights)
            frames *= frames.With(Reshape.InsertAxis(b, weights, 1));
        var half = call.Attributes.Int("onesided", 1) != 0;
        if (half && !x.Type.Shape[2].IsOne)
            throw new UnsupportedOperatorException("STFT is one-sided only for real numbers.");
        return [FourierMatrix.Apply(b, frames, length, half ? length / 2 + 1 : length, 2, inverse: false, isHalf: false)];
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 17;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        10 * size(node.Output.Type.Shape.Elements) * Math.Log2(1 + size(node.Output.Type.Shape[2]));
}
