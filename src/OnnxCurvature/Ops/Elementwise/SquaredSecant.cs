using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>
/// y = sech² x = 1 - tanh² x, the derivative of tanh, without the difference, which cancels where tanh x is near 1 or -1.
/// </summary>
internal sealed class SquaredSecant : TailElementwise
{
    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x)
    {
        var e = Math.Exp(-2 * Math.Abs(x));
        return 4 * e / ((1 + e) * (1 + e));
    }

    /// <summary>4e / (1 + e)² for e = exp(-2|x|), which does not overflow.</summary>
    protected override Expr Formula(Expr x)
    {
        var e = (-2 * x.Through<Abs>()).Through<Exp>();
        var sum = 1 + e;
        return 4 * e / (sum * sum);
    }

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => -2 * (x.Through<Tanh>() * y);
}
