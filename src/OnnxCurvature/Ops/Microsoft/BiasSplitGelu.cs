using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = u Gelu(v), where u and v are the halves of x + bias along the last axis.</summary>
internal sealed class BiasSplitGelu : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0)) + new Expr(b, call.Required(1));
        var shape = x.Value.Type.Shape;
        var half =
            shape[^1].Known / 2
            ?? throw new UnsupportedOperatorException(
                $"the size {shape[^1]} of the axis that BiasSplitGelu cuts is not known; give the sizes of symbolic dimensions."
            );
        return
        [
            x.With(Slice.Of(b, x, shape.Rank - 1, 0, half))
                * x.With(Slice.Of(b, x, shape.Rank - 1, half, 2 * half)).Through<Elementwise.Gelu>(),
        ];
    }
}
