using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>
/// y = x Φ(x), where Φ is the distribution function of the normal distribution; with <c>approximate</c> = "tanh",
/// y = x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
/// </summary>
internal sealed class Gelu : UnaryElementwise
{
    private const double Cubic = 0.044715;
    private static readonly double Scale = Math.Sqrt(2 / Math.PI);

    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        IsTanh(attributes)
            ? 0.5 * x * (1 + Math.Tanh(Scale * (x + Cubic * x * x * x)))
            : 0.5 * x * (1 + ErrorFunction.Of(x / Math.Sqrt(2)));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        0.5 * x * (1 + (IsTanh(attributes) ? (Scale * (x + Cubic * (x * x * x))).Through<Tanh>() : (x / Math.Sqrt(2)).Through<Erf>()));

    /// <summary>Φ(x) + x Φ'(x), and the same for the approximation.</summary>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var square = x * x;
        if (!IsTanh(node.Attributes))
            return 0.5 * (1 + (x / Math.Sqrt(2)).Through<Erf>()) + x * (1 / Math.Sqrt(2 * Math.PI)) * (-0.5 * square).Through<Exp>();
        // ½ (1 + tanh u) is σ(2u), which does not cancel where tanh u is near -1.
        var inner = Scale * x * (1 + Cubic * square);
        return (2 * inner).Through<Logistic>() + 0.5 * Scale * x * inner.Through<SquaredSecant>() * (1 + 3 * Cubic * square);
    }

    /// <inheritdoc/>
    protected override Expr? ByOlder(Attributes attributes, Expr x) => InFloat64(attributes, x);

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 20;

    private static bool IsTanh(Attributes attributes) => attributes.Text("approximate", "none") == "tanh";
}
