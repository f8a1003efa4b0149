using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The error function, y = 2/√π ∫₀ˣ exp(-t²) dt.</summary>
public sealed class Erf : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => ErrorFunction.Of(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => 2 / Math.Sqrt(Math.PI) * (-(x * x)).Through<Exp>();
}
