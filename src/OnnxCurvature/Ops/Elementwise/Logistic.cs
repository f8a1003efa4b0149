using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = σ(x) = 1 / (1 + e⁻ˣ), which is eˣ to the last digits where x is far below zero.</summary>
internal sealed class Logistic : TailElementwise
{
    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>1 / (1 + e) for x ≥ 0 and e / (1 + e) for x &lt; 0, where e = exp(-|x|) does not overflow.</summary>
    protected override Expr Formula(Expr x)
    {
        var e = (-x.Through<Abs>()).Through<Exp>();
        return Expr.Select(x < 0, e, x.Number(1)) / (1 + e);
    }

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => Derivative(x);

    /// <summary>σ'(x) = sech²(x/2) / 4, which does not cancel as σ (1 - σ) does where σ is near 1.</summary>
    public static Expr Derivative(Expr x) => 0.25 * (0.5 * x).Through<SquaredSecant>();
}
