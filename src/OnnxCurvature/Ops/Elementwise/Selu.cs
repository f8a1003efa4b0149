using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = γx where x &gt; 0, else γα(eˣ - 1). The slope at 0 is γα.</summary>
internal sealed class Selu : UnaryElementwise
{
    /// <summary>
    /// The α at which the standard normal distribution is a fixed point of the mean and the variance; the default of ONNX is this, rounded
    /// to float32.
    /// </summary>
    public const double ExactAlpha = 1.6732632423543772848170429916717;

    /// <summary>The γ that belongs to it.</summary>
    public const double ExactGamma = 1.0507009873554804934193349852946;

    /// <summary>The defaults are rounded, and are taken for what they were rounded from.</summary>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision)
    {
        foreach (var (name, rounded) in new[] { ("alpha", (float)ExactAlpha), ("gamma", (float)ExactGamma) })
            if (!attributes.Has(name) && precision.Number(rounded) is var number && number != rounded)
                attributes = attributes.With(name, (object)number);
        return attributes;
    }

    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) =>
        Gamma(attributes) * (x > 0 ? x : Alpha(attributes) * double.ExpM1(x));

    /// <inheritdoc/>
    protected override Expr? InFloat64(Attributes attributes, Expr x) =>
        Gamma(attributes) * Expr.Select(x > 0, x, Alpha(attributes) * ExactFunctions.ExpMinusOne(x));

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y)
    {
        var (alpha, gamma) = (Alpha(node.Attributes), Gamma(node.Attributes));
        return Elu.SlopeOf(x, gamma, alpha * gamma, 1);
    }

    private static double Alpha(Attributes attributes) => attributes.Float("alpha", 1.67326319217681884765625);

    private static double Gamma(Attributes attributes) => attributes.Float("gamma", 1.05070102214813232421875);
}
