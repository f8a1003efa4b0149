using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = γx where x &gt; 0, else γα(eˣ - 1). The slope at 0 is γα.</summary>
public sealed class Selu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Gamma(attributes) * (x > 0 ? x : Alpha(attributes) * double.ExpM1(x));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Gamma(attributes) * Expr.Select(x > 0, x, Alpha(attributes) * ExactFunctions.ExpMinusOne(x));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var (alpha, gamma) = (Alpha(node.Attributes), Gamma(node.Attributes));
        return Expr.Select(x > 0, x.Number(gamma), y + alpha * gamma);
    }

    private static double Alpha(Attributes attributes) => attributes.Float("alpha", 1.67326319217681884765625);

    private static double Gamma(Attributes attributes) => attributes.Float("gamma", 1.05070102214813232421875);
}
