using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = eˣ.</summary>
internal sealed class Exp : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Exp(x);

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => y;
}
