using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x where x &gt; 0, else α(exp(x/α) - 1).</summary>
internal sealed class Celu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        x > 0 ? x : Alpha(attributes) * double.ExpM1(x / Alpha(attributes));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Expr.Select(x > 0, x, Alpha(attributes) * ExactFunctions.ExpMinusOne(x / Alpha(attributes)));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => Elu.SlopeOf(x, 1, 1, Alpha(node.Attributes));

    private static double Alpha(Attributes attributes) => attributes.Float("alpha", 1);
}
