using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x max(0, min(1, x/6 + 1/2)). The slopes at -3 and 3 are those between them.</summary>
internal sealed class HardSwish : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => x * Math.Clamp(x / 6 + 0.5, 0, 1);

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Expr.Select(x > 3, x, Expr.Select(x < -3, x.Number(0), x * (x / 6 + 0.5)));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) =>
        Expr.Select(x > 3, x.Number(1), Expr.Select(x < -3, x.Number(0), x / 3 + 0.5));

    /// <inheritdoc/>
    protected override Expr? ByOlder(Attributes attributes, Expr x) => InFloat64(attributes, x);

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 14;
}
