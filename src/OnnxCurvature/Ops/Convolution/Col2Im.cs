using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// The columns of windows, [N, C * entries of a window, windows], added up to an image [N, C, *spatial]. Linear: a transposed convolution
/// of each channel with one-hot kernels. Inputs: columns, the image's sizes, the window's sizes.
/// </summary>
internal sealed class Col2Im : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var (image, kernel) = (call.ConstantIntegers(1) ?? throw Lacks(), call.ConstantIntegers(2) ?? throw Lacks());
        var entries = kernel.Aggregate(1L, (product, size) => product * size);
        var channels =
            x.Type.Shape[1].DividedBy(entries)?.Known
            ?? throw new UnsupportedOperatorException(
                $"the columns {x.Type.Shape} do not hold windows of {entries} entries, or of a number of channels that is not known."
            );
        var spatial = TensorShape.Of(image);
        var window = Window.Of(call.Attributes, kernel, spatial);
        var kernels = Tensor.Filled(x.Type.Element, [channels * entries, 1, .. kernel], 0);
        for (var row = 0; row < channels * entries; row++)
            kernels.Floats[row * entries + row % entries] = 1;
        var windows = Reshape.To(b, x, [x.Type.Shape[0], x.Type.Shape[1], .. window.Outputs(spatial)]);
        return [ConvTranspose.Of(b, windows, b.Constant(kernels), window, channels, spatial)];
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => size(node.Inputs[0]!.Type.Shape.Elements);

    private static UnsupportedOperatorException Lacks() => new("Col2Im lacks the sizes of the image or of the window.");
}
