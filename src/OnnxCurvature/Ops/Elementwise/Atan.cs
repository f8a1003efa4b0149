using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arctan x.</summary>
internal sealed class Atan : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Atan(x);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => ExactFunctions.ArcTangent(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => (1 + x * x).Through<Reciprocal>();
}
