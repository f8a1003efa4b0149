using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x tanh(ln(1 + eˣ)).</summary>
internal sealed class Mish : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x * Math.Tanh(LogOnePlusExp.At(x));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => x * x.Through<Softplus>().Through<Tanh>();

    /// <summary>tanh s + x sech² s σ(x) for s = ln(1 + eˣ), of which no part overflows or cancels.</summary>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var softplus = x.Through<LogOnePlusExp>();
        return softplus.Through<Tanh>() + x * softplus.Through<SquaredSecant>() * x.Through<Logistic>();
    }

    /// <inheritdoc/>
    protected override Expr? ByOlder(Attributes attributes, Expr x) => InFloat64(attributes, x);

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;
}
