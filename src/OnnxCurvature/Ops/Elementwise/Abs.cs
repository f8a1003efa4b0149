using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = |x|. The slope at 0 is 0.</summary>
internal sealed class Abs : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Abs(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => x.Through<Sign>();

    /// <summary>The product of a constant with its sign.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var x = call.Required(0);
        if (!gaps.HasFlag(EngineGaps.ConstantData) || !x.Type.Element.IsFloat() || !GraphWalk.HoldsNoParameter(x))
            return null;
        return [Mul.Of(b, x, Catalogue.Get<Sign>().Apply(b, [x]).Output)];
    }
}
