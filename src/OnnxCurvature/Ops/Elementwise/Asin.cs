using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arcsin x.</summary>
internal sealed class Asin : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Asin(x);

    /// <summary>2 arctan(x / (1 + √(1 - x²))).</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        2 * ExactFunctions.ArcTangent(x / (1 + ((1 - x) * (1 + x)).Through<Sqrt>()));

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => ((1 - x) * (1 + x)).Through<Sqrt>().Through<Reciprocal>();
}
