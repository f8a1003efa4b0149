using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = max(x, 0). The slope at 0 is 0.</summary>
internal sealed class Relu : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseLinear;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Max(x, 0);

    /// <inheritdoc/>
    protected override Expr? OfConstantData(Attributes attributes, Expr x) => Positive(x);

    /// <summary>max(x, 0) by the sign of x.</summary>
    internal static Expr Positive(Expr x) => x * (0.5 * x.Through<Sign>() + 0.5);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => y.GreaterThan(0);

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
