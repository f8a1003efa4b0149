using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>y = (x - μ) / (σ + 1e-9) with mean and deviation over <c>axes</c>, by default all but the channels of [N, C, H, W].</summary>
internal sealed class MeanVarianceNormalization : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        long[] axes = [.. call.Attributes.Ints("axes") ?? [0, 2, 3]];
        var centred = x - x.With(ReduceMean.Of(b, x, axes, keepDims: true));
        var variance = x.With(ReduceMean.Of(b, centred * centred, axes, keepDims: true));
        // Where all are alike, y is 0 and the root has no slope; for a single element y is 0 everywhere.
        var isZero = Equal.Of(b, variance, variance.Number(0));
        var y = centred / (Expr.Select(isZero, variance.Number(1), variance).Through<Sqrt>() + 1e-9);
        return [Expr.Select(isZero, variance.Number(0), y)];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 8 * size(node.Output.Type.Shape.Elements);
}
