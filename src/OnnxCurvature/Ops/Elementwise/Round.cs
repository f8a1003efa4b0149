using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The nearest integer, of two equally near ones the even one.</summary>
internal sealed class Round : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Round(x, MidpointRounding.ToEven);

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => null;
}
