namespace OnnxCurvature.Ops.Evaluation;

/// <summary>The error function in double precision.</summary>
internal static class ErrorFunction
{
    /// <summary>Points of the table in an interval of length one.</summary>
    public const int PointsPerUnit = 8;

    /// <summary>The last point of the table; from there on erf is 1 to the last digit.</summary>
    public const int LastPoint = 6;

    /// <summary>
    /// Within half a step around a point the terms after this power are below 1e-17 of the sum.
    /// </summary>
    private const int HighestPower = 12;

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

    /// <summary>
    /// For each power n the coefficients eₙ of erf(c + d) = Σ eₙ dⁿ about the points c = 0, 1/8, 2/8, …: e₀ = erf c, e₁ = 2/√π exp(-c²),
    /// and, because erf'' = -2x erf', (n + 1)(n + 2) eₙ₊₂ = -2 ((n + 1) c eₙ₊₁ + n eₙ).
    /// </summary>
    public static double[][] TaylorCoefficients()
    {
        var table = new double[HighestPower + 1][];
        for (var n = 0; n <= HighestPower; n++)
            table[n] = new double[LastPoint * PointsPerUnit + 1];
        for (var point = 0; point < table[0].Length; point++)
        {
            var c = (double)point / PointsPerUnit;
            (table[0][point], table[1][point]) = (Of(c), 2 / Math.Sqrt(Math.PI) * Math.Exp(-c * c));
            for (var n = 0; n + 2 <= HighestPower; n++)
                table[n + 2][point] = -2 * ((n + 1) * c * table[n + 1][point] + n * table[n][point]) / ((n + 1) * (n + 2));
        }
        return table;
    }
}
