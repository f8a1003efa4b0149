using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>
/// Zeros with the entries of x [N, C, *spatial] put to the flat positions that <see cref="MaxPool"/> gave. Linear. Inputs: x, positions,
/// and the output's shape where it is not the least one that windows of <c>kernel_shape</c>, <c>strides</c> and <c>pads</c> fit into.
/// </summary>
internal sealed class MaxUnpool : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    public override bool HoldsSizes(int input) => input == 2;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [call.Required(0).Type with { Shape = Shape(call) }];

    /// <summary>Positions count through all samples; within its own sample each is found by the remainder.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, shape) = (call.Required(0), Shape(call));
        var plane = shape.Product(1, shape.Rank);
        if (plane.Known is not { } size)
            throw new UnsupportedOperatorException(
                $"the sizes of {shape}, which MaxUnpool fills, are not known; give the sizes of symbolic dimensions."
            );
        TensorShape flat = [x.Type.Shape[0], x.Type.Shape.Product(1, x.Type.Rank)];
        var positions = Elementwise.Mod.Of(b, Reshape.To(b, call.Required(1), flat), b.Scalar(ElementType.Int64, size));
        var zeros = Expand.Of(b, b.Scalar(x.Type.Element, 0), [shape[0], plane]);
        var filled = Catalogue
            .Get<ScatterElements>()
            .Apply(b, [zeros, positions, Reshape.To(b, x, flat)], Attributes.Empty.With("axis", 1L))
            .Output;
        return [Reshape.To(b, filled, shape)];
    }

    private static TensorShape Shape(OperatorCall call)
    {
        if (call.Input(2) is not null)
            return [.. call.Sizes(2)!.Value];
        var x = call.Required(0).Type.Shape;
        var kernel =
            call.Attributes.Ints("kernel_shape") ?? throw new UnsupportedOperatorException("MaxUnpool lacks its attribute kernel_shape.");
        var window = Window.Of(call.Attributes, kernel, x.Range(2, x.Rank));
        return
        [
            .. x.Range(0, 2),
            .. x.Range(2, x.Rank)
                .Select(
                    (dim, axis) =>
                        dim.Map(
                            size => (size - 1) * window.Strides[axis] + kernel[axis] - window.Begins[axis] - window.Ends[axis],
                            $"({{0}}-1)*{window.Strides[axis]}+{kernel[axis] - window.Begins[axis] - window.Ends[axis]}"
                        )
                ),
        ];
    }
}
