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

    /// <inheritdoc/>
    protected override Expr? OfConstantData(Attributes attributes, Expr x) => x * x.Through<Sign>();
}
