using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The least integer that is not less than x.</summary>
internal sealed class Ceil : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Ceiling(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => null;
}
