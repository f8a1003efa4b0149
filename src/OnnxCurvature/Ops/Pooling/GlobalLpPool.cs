using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>(Σ |x|ᵖ)^(1/p) over all spatial axes of x [N, C, *spatial], which stay as ones; <c>p</c> is 2 by default.</summary>
internal sealed class GlobalLpPool : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 2;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var p = call.Attributes.Int("p", 2);
        var axes = Enumerable.Range(2, x.Value.Type.Rank - 2).Select(axis => (long)axis);
        return [PowerNorm.Root(x.With(ReduceSum.Of(b, PowerNorm.Powers(x, p), axes, keepDims: true)), p)];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        opset >= 2 ? call : call with { Attributes = call.Attributes.With("p", (long)call.Attributes.Float("p", 2)) };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 2 * size(node.Inputs[0]!.Type.Shape.Elements);
}
