using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arccos x.</summary>
public sealed class Acos : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Acos(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => -((1 - x) * (1 + x)).Through<Sqrt>().Through<Reciprocal>();
}
