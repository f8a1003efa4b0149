using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = ln(1 + eˣ).</summary>
internal sealed class Softplus : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => LogOnePlusExp.At(x);

    /// <summary>max(x, 0) + ln(1 + exp(-|x|)).</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        x.Through<Relu>() + ExactFunctions.LogOnePlus((-x.Through<Abs>()).Through<Exp>());

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => x.Through<Logistic>();
}
