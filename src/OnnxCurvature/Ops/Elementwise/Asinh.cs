using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arsinh x.</summary>
public sealed class Asinh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Asinh(x);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => (1 + x * x).Through<Sqrt>().Through<Reciprocal>();
}
