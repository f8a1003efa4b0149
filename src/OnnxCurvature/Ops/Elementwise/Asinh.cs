using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = arsinh x.</summary>
internal sealed class Asinh : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => Math.Asinh(x);

    /// <summary>ln(1 + |x| + x² / (1 + √(1 + x²))) with the sign of x; ln(2|x|) where x² would overflow.</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var size = x.Through<Abs>();
        var square = size * size;
        var near = ExactFunctions.LogOnePlus(size + square / (1 + (1 + square).Through<Sqrt>()));
        return ExactFunctions.WithSignOf(x, Expr.Select(size > 1e9, size.Through<Log>() + Math.Log(2), near));
    }

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => (1 + x * x).Through<Sqrt>().Through<Reciprocal>();
}
