using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = max(0, min(1, αx + β)). The slope at both kinks is 0.</summary>
internal sealed class HardSigmoid : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        Math.Clamp(attributes.Float("alpha", 0.2) * x + attributes.Float("beta", 0.5), 0, 1);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var line = attributes.Float("alpha", 0.2) * x + attributes.Float("beta", 0.5);
        return Expr.Select(line < 0, line.Number(0), Expr.Select(line > 1, line.Number(1), line));
    }

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => node.Attributes.Float("alpha", 0.2) * y.GreaterThan(0) * y.LessThan(1);
}
