using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x / (1 + |x|).</summary>
internal sealed class Softsign : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x / (1 + Math.Abs(x));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) => x / (1 + x.Through<Abs>());

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var factor = (1 + x.Through<Abs>()).Through<Reciprocal>();
        return factor * factor;
    }
}
