using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x where x &gt; 0, else α(eˣ - 1). The slope at 0 is α.</summary>
internal sealed class Elu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x > 0 ? x : Alpha(attributes) * double.ExpM1(x);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Expr.Select(x > 0, x, Alpha(attributes) * ExactFunctions.ExpMinusOne(x));

    /// <inheritdoc/>
    protected override Expr? OfConstantData(Attributes attributes, Expr x)
    {
        var positive = Relu.Positive(x);
        return positive + Alpha(attributes) * ((x - positive).Through<Exp>() - 1);
    }

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => SlopeOf(x, 1, Alpha(node.Attributes), 1);

    /// <summary>
    /// A slope that is <paramref name="right"/> for x &gt; 0, else <paramref name="left"/> exp(x / <paramref name="scale"/>). The value
    /// and α, which it is the sum of, would cancel far below zero.
    /// </summary>
    internal static Expr SlopeOf(Expr x, double right, double left, double scale)
    {
        var below = Expr.Select(x > 0, x.Number(0), x);
        return Expr.Select(x > 0, x.Number(right), left * (scale == 1 ? below : below / scale).Through<Exp>());
    }

    private static double Alpha(Attributes attributes) => attributes.Float("alpha", 1);
}
