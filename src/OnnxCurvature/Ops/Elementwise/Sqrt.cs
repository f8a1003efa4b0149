using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = √x.</summary>
internal sealed class Sqrt : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Sqrt(x);

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 1;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => 0.5 / y;
}
