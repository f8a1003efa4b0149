using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x tanh(ln(1 + eˣ)).</summary>
public sealed class Mish : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        x * Math.Tanh(Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x))));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => x * x.Through<Softplus>().Through<Tanh>();

    /// <summary>
    /// t + x (1 - t²) σ(x) for t = tanh(ln(1 + eˣ)). With s = σ(-x) this t is σ(x) (1 + s) / (1 + s²), which neither
    /// overflows nor cancels.
    /// </summary>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var (up, down) = (x.Through<Sigmoid>(), (-x).Through<Sigmoid>());
        var tanh = up * (1 + down) / (1 + down * down);
        return tanh + x * (1 - tanh * tanh) * up;
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;
}
