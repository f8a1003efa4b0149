using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>
/// The products of all elements up to each along an axis: without that element itself for <c>exclusive</c> = 1, from the end for
/// <c>reverse</c> = 1. Inputs: x, axis. Of opset 26, so files hold what it is made of.
/// </summary>
internal sealed class CumProd : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <summary>
    /// Doubling: after the iteration of step s each element is the product of the 2s elements that end with it, so that log₂ of the size
    /// iterations are enough; no division, so that zeros are like any other number.
    /// </summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var y = call.Required(0);
        var axis = Axes.Normalize(call.ConstantInteger(1), y.Type.Rank);
        var (exclusive, reverse) = (call.Attributes.Int("exclusive", 0) != 0, call.Attributes.Int("reverse", 0) != 0);
        var size =
            y.Type.Shape[axis].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {y.Type.Shape[axis]} along the axis of CumProd is not known; give the sizes of symbolic dimensions."
            );
        var one = b.Scalar(y.Type.Element, 1);
        if (exclusive && size > 0)
            y = Shifted(y, 1);
        for (long step = 1; step < size; step *= 2)
            y = Mul.Of(b, y, Shifted(y, step));
        return [y];

        // The element that lies some steps before each, and ones where there is none.
        Value Shifted(Value x, long steps)
        {
            var ones = Expand.Of(b, one, x.Type.Shape.With(axis, steps));
            return reverse
                ? Concat.Of(b, [Slice.Of(b, x, axis, steps, size), ones], axis)
                : Concat.Of(b, [ones, Slice.Of(b, x, axis, 0, size - steps)], axis);
        }
    }
}
