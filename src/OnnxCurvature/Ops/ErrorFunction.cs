namespace OnnxCurvature.Ops;

/// <summary>The error function in double precision, for managed evaluation.</summary>
public static class ErrorFunction
{
    /// <summary>
    /// erf(x) = 2/√π ∫₀ˣ exp(-t²) dt: near zero by the series 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), all of whose terms have
    /// one sign, further out by the continued fraction of 1 - erf, evaluated from its end.
    /// </summary>
    public static double Of(double x)
    {
        var size = Math.Abs(x);
        if (size < 2.5)
        {
            var (term, sum) = (x, x);
            for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
                sum += term *= 2 * x * x / (2 * n + 1);
            return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
        }
        if (!(size < 7))
            return double.IsNaN(x) ? x : Math.Sign(x);
        var fraction = size;
        for (var n = 80; n > 0; n--)
            fraction = size + 0.5 * n / fraction;
        return Math.Sign(x) * (1 - Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction));
    }
}
