using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = 1 / x.</summary>
internal sealed class Reciprocal : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => 1 / x;

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 1;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => -(y * y);
}
