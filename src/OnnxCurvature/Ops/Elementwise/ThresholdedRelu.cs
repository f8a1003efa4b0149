using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x where x &gt; α, else 0.</summary>
internal sealed class ThresholdedRelu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x > attributes.Float("alpha", 1) ? x : 0;

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => Expr.Select(x > attributes.Float("alpha", 1), x, x.Number(0));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => x.GreaterThan(node.Attributes.Float("alpha", 1));
}
