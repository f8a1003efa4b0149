using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = tan x.</summary>
internal sealed class Tan : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Tan(x);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => x.Through<Sin>() / x.Through<Cos>();

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => 1 + y * y;
}
