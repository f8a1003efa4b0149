using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = ln(1 + eˣ), which is eˣ to the last digits where x is far below zero.</summary>
internal sealed class LogOnePlusExp : TailElementwise
{
    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => At(x);

    /// <summary>The value in double: max(x, 0) + ln(1 + e) for e = exp(-|x|), where ln(1 + e) is 2 artanh(e / (2 + e)).</summary>
    internal static double At(double x)
    {
        var e = Math.Exp(-Math.Abs(x));
        return Math.Max(x, 0) + 2 * Math.Atanh(e / (2 + e));
    }

    /// <summary>max(x, 0) + ln(1 + exp(-|x|)).</summary>
    protected override Expr Formula(Expr x) => x.Through<Relu>() + ExactFunctions.LogOnePlus((-x.Through<Abs>()).Through<Exp>());

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => x.Through<Logistic>();
}
