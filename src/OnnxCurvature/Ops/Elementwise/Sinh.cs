using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = sinh x.</summary>
internal sealed class Sinh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Sinh(x);

    /// <summary>2t / (1 - t²) for t = tanh(x/2) near zero, where the difference of the powers would cancel.</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var t = (0.5 * x).Through<Tanh>();
        return Expr.Select(x.Through<Abs>() < 1, 2 * t / (1 - t * t), 0.5 * x.Through<Exp>() - 0.5 * (-x).Through<Exp>());
    }

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => 0.5 * (x.Through<Exp>() + (-x).Through<Exp>());
}
