using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = artanh x.</summary>
internal sealed class Atanh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Atanh(x);

    /// <summary>½ ln(1 + 2|x| / (1 - |x|)) with the sign of x.</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var size = x.Through<Abs>();
        return ExactFunctions.WithSignOf(x, 0.5 * ExactFunctions.LogOnePlus(2 * size / (1 - size)));
    }

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => ((1 - x) * (1 + x)).Through<Reciprocal>();
}
