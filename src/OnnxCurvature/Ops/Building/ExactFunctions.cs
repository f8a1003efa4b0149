using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Building;

/// <summary>
/// Functions in float64, to the last digits, by operators that ONNX Runtime has float64 kernels of. They are for values only: where a
/// branch is not chosen it may hold anything, so their derivatives would not be numbers.
/// </summary>
internal static class ExactFunctions
{
    /// <summary>Terms of the series of the arcus tangent; what is left off is below 1e-17 of the first at tan(π/32).</summary>
    private const int ArcTangentTerms = 9;

    /// <summary>
    /// ln(1 + x) for x ≥ 0. For u = 1 + x as it is rounded it is ln(u) x / (u - 1): the error of u is in both and cancels.
    /// </summary>
    public static Expr LogOnePlus(Expr x)
    {
        var u = 1 + x;
        return Expr.Select(
            Logic.Equal.Of(x.Builder, u, u.Number(1)),
            x,
            u.Through<Log>() * Expr.Select(x > 1e17, x.Number(1), x / (u - 1))
        );
    }

    /// <summary>eˣ - 1 for x ≤ 0; for others the branch that is not chosen. For u = eˣ as it is rounded it is (u - 1) x / ln(u).</summary>
    public static Expr ExpMinusOne(Expr x)
    {
        // Below -40 it is -1 to the last digit, and further down u would have no logarithm.
        var near = Expr.Select(x < -40, x.Number(-40), x);
        var u = near.Through<Exp>();
        return Expr.Select(Logic.Equal.Of(x.Builder, u, u.Number(1)), near, (u - 1) * (near / u.Through<Log>()));
    }

    /// <summary>
    /// arctan x: for |x| > 1 by π/2 - arctan(1/|x|), then halved three times by arctan x = 2 arctan(x / (1 + √(1 + x²))), so that
    /// the series x - x³/3 + x⁵/5 - … is short.
    /// </summary>
    public static Expr ArcTangent(Expr x)
    {
        var size = x.Through<Abs>();
        var steep = size > 1;
        var t = Expr.Select(steep, 1 / size, size);
        for (var halving = 0; halving < 3; halving++)
            t /= 1 + (1 + t * t).Through<Sqrt>();
        var square = t * t;
        var sum = square.Number(1.0 / (2 * ArcTangentTerms - 1));
        for (var term = ArcTangentTerms - 2; term >= 0; term--)
            sum = 1.0 / (2 * term + 1) - square * sum;
        var angle = 8 * (t * sum);
        return Expr.Select(x < 0, -Of(angle), Of(angle));

        Expr Of(Expr near) => Expr.Select(steep, Math.PI / 2 - near, near);
    }

    /// <summary>A value with the sign of another; for a function that is odd, given at |x|.</summary>
    public static Expr WithSignOf(Expr x, Expr size) => Expr.Select(x < 0, -size, size);
}
