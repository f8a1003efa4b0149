using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arcosh x.</summary>
internal sealed class Acosh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Acosh(x);

    /// <summary>ln(1 + t + √(2t + t²)) for t = x - 1.</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var t = x - 1;
        return ExactFunctions.LogOnePlus(t + (2 * t + t * t).Through<Sqrt>());
    }

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 2;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => ((x - 1) * (x + 1)).Through<Sqrt>().Through<Reciprocal>();
}
