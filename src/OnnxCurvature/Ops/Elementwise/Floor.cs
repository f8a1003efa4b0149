using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The greatest integer that is not greater than x.</summary>
internal sealed class Floor : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Floor(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => null;
}
