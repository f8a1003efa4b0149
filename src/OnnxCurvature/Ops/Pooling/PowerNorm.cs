using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Pooling;

/// <summary>The two halves of (Σ |x|ᵖ)^(1/p), between which a pooling has its sum.</summary>
internal static class PowerNorm
{
    /// <summary>|x|ᵖ.</summary>
    public static Expr Powers(Expr x, long p) =>
        p switch
        {
            1 => x.Through<Abs>(),
            2 => x * x,
            > 2 => Power(x.Through<Abs>(), p),
            _ => throw new UnsupportedOperatorException($"the norm with p = {p} is not known; p is 1 or more."),
        };

    /// <summary>sum^(1/p), of slope 0 where the sum is 0.</summary>
    public static Expr Root(Expr sum, long p)
    {
        if (p == 1)
            return sum;
        var isZero = Equal.Of(sum.Builder, sum, sum.Number(0));
        var safe = Expr.Select(isZero, sum.Number(1), sum);
        return Expr.Select(isZero, sum.Number(0), p == 2 ? safe.Through<Sqrt>() : Power(safe, 1.0 / p));
    }

    private static Expr Power(Expr x, double exponent) =>
        x.With(Catalogue.Get<Pow>().Apply(x.Builder, [x.Value, x.Number(exponent).Value]).Output);
}
