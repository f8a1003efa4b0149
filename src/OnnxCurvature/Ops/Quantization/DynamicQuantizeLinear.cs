using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// x quantized to uint8 so that its range, and zero, just fit. Outputs: the integers, the scale (max(x, 0) - min(x, 0)) / 255, which is
/// piecewise linear in x, and the zero point.
/// </summary>
internal sealed class DynamicQuantizeLinear : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var (low, high) = (Extreme<ReduceMin, Min>(x), Extreme<ReduceMax, Max>(x));
        var range = high - low;
        var scale = Expr.Select(Equal.Of(b, range, range.Number(0)), range.Number(1), range / 255);
        var zero = Scales.Saturated(-low / scale, null, ElementType.UInt8);
        return [.. new Value[] { Scales.Saturated(x / scale, zero, ElementType.UInt8), scale, zero }.Take(call.OutputCount)];
    }

    private static Expr Extreme<TReduction, TPair>(Expr x)
        where TReduction : Operator
        where TPair : Operator
    {
        var all = Attributes.Empty.With("axes", Enumerable.Range(0, x.Value.Type.Rank).Select(axis => (long)axis)).With("keepdims", 0L);
        var extreme = Catalogue.Get<TReduction>().Apply(x.Builder, [x.Value], all).Output;
        return x.With(Catalogue.Get<TPair>().Apply(x.Builder, [extreme, x.Number(0).Value]).Output);
    }

    /// <inheritdoc/>
    public override bool Quantizes => true;
}
