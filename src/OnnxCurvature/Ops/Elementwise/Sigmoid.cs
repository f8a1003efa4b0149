using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = 1 / (1 + e⁻ˣ).</summary>
internal sealed class Sigmoid : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => Logistic.Derivative(x);

    /// <inheritdoc/>
    public override bool IsLogistic => true;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
