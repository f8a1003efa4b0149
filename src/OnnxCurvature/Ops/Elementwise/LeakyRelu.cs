using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x where x &gt; 0, else αx. The slope at 0 is α.</summary>
internal sealed class LeakyRelu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x > 0 ? x : Alpha(attributes) * x;

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => Expr.Select(x > 0, x, Alpha(attributes) * x);

    /// <inheritdoc/>
    protected override Expr? OfConstantData(Attributes attributes, Expr x) =>
        x * ((1 - Alpha(attributes)) / 2 * x.Through<Sign>() + (1 + Alpha(attributes)) / 2);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => Expr.Select(x > 0, x.Number(1), x.Number(Alpha(node.Attributes)));

    private static double Alpha(Attributes attributes) => attributes.Float("alpha", 0.01);
}
