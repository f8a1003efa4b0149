using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x + bias where x &lt; -λ, x - bias where x &gt; λ, else 0.</summary>
internal sealed class Shrink : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        x < -Lambda(attributes) ? x + attributes.Float("bias", 0)
        : x > Lambda(attributes) ? x - attributes.Float("bias", 0)
        : 0;

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Expr.Select(
            x < -Lambda(attributes),
            x + attributes.Float("bias", 0),
            Expr.Select(x > Lambda(attributes), x - attributes.Float("bias", 0), x.Number(0))
        );

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) =>
        x.LessThan(-Lambda(node.Attributes)) + x.GreaterThan(Lambda(node.Attributes));

    private static double Lambda(Attributes attributes) => attributes.Float("lambd", 0.5);
}
