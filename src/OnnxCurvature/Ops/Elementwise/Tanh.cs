using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = tanh x.</summary>
internal sealed class Tanh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Tanh(x);

    /// <inheritdoc/>
    protected override Expr? OfConstantData(Attributes attributes, Expr x) => 2 * (2 * x).Through<Sigmoid>() - 1;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => x.Through<SquaredSecant>();

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
