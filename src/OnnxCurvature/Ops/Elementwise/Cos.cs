using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = cos x.</summary>
internal sealed class Cos : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Cos(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => -x.Through<Sin>();
}
