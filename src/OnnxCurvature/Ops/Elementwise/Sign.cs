using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = -1, 0 or 1, the sign of x.</summary>
internal sealed class Sign : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => double.IsNaN(x) ? x : Math.Sign(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => null;
}
