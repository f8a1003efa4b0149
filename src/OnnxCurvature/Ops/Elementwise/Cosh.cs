using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = cosh x.</summary>
internal sealed class Cosh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Cosh(x);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => 0.5 * x.Through<Exp>() + 0.5 * (-x).Through<Exp>();

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => y * x.Through<Tanh>();
}
