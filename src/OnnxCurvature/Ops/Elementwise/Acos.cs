using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arccos x.</summary>
internal sealed class Acos : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Acos(x);

    /// <summary>2 arctan √((1 - x) / (1 + x)).</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => 2 * ExactFunctions.ArcTangent(((1 - x) / (1 + x)).Through<Sqrt>());

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => 0;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => -((1 - x) * (1 + x)).Through<Sqrt>().Through<Reciprocal>();
}
