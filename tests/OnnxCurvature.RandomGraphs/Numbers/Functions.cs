namespace OnnxCurvature.RandomGraphs.Numbers;

/// <summary>Functions of numbers, as ONNX defines them, written from their formulas.</summary>
internal static class Functions
{
    public static Number Exp(Number x)
    {
        var e = Math.Exp(x.Value);
        return x.Map(e, e, e);
    }

    public static Number Log(Number x) => x.Map(Math.Log(x.Value), 1 / x.Value, -1 / (x.Value * x.Value));

    public static Number Sqrt(Number x)
    {
        // Close to zero nothing is left but the rounding of what comes before, whether it depends on the target or not.
        x.Tape.Decide(x.Value);
        var root = Math.Sqrt(x.Value);
        return x.Map(root, 0.5 / root, -0.25 / (root * x.Value));
    }

    public static Number Power(Number x, double exponent) =>
        x.Map(
            Math.Pow(x.Value, exponent),
            exponent * Math.Pow(x.Value, exponent - 1),
            exponent == 1 ? 0 : exponent * (exponent - 1) * Math.Pow(x.Value, exponent - 2)
        );

    public static Number Square(Number x) => x.Map(x.Value * x.Value, 2 * x.Value, 2);

    public static Number Sin(Number x) => x.Map(Math.Sin(x.Value), Math.Cos(x.Value), -Math.Sin(x.Value));

    public static Number Cos(Number x) => x.Map(Math.Cos(x.Value), -Math.Sin(x.Value), -Math.Cos(x.Value));

    public static Number Sinh(Number x) => x.Map(Math.Sinh(x.Value), Math.Cosh(x.Value), Math.Sinh(x.Value));

    public static Number Cosh(Number x) => x.Map(Math.Cosh(x.Value), Math.Sinh(x.Value), Math.Cosh(x.Value));

    public static Number Atan(Number x)
    {
        var slope = 1 / (1 + x.Value * x.Value);
        return x.Map(Math.Atan(x.Value), slope, -2 * x.Value * slope * slope);
    }

    public static Number Asinh(Number x)
    {
        var slope = 1 / Math.Sqrt(1 + x.Value * x.Value);
        return x.Map(Math.Asinh(x.Value), slope, -x.Value * slope * slope * slope);
    }

    public static Number Tanh(Number x)
    {
        var t = Math.Tanh(x.Value);
        var slope = 1 / (Math.Cosh(x.Value) * Math.Cosh(x.Value));
        return x.Map(t, slope, -2 * t * slope);
    }

    public static Number Sigmoid(Number x)
    {
        var (s, t) = (Logistic(x.Value), Logistic(-x.Value));
        return x.Map(s, s * t, s * t * (t - s));
    }

    public static Number Softplus(Number x)
    {
        var (s, t) = (Logistic(x.Value), Logistic(-x.Value));
        return x.Map(Math.Max(x.Value, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x.Value))), s, s * t);
    }

    public static Number Softsign(Number x)
    {
        Decide(x, 0);
        var d = 1 + Math.Abs(x.Value);
        return x.Map(x.Value / d, 1 / (d * d), -2 * Sign(x.Value) / (d * d * d));
    }

    public static Number Erf(Number x)
    {
        var slope = 2 / Math.Sqrt(Math.PI) * Math.Exp(-x.Value * x.Value);
        return x.Map(ErrorFunction(x.Value), slope, -2 * x.Value * slope);
    }

    public static Number Gelu(Number x) => 0.5 * x * (Erf(Math.Sqrt(0.5) * x) + 1);

    /// <summary>The approximation of GELU by tanh.</summary>
    public static Number GeluByTanh(Number x) => 0.5 * x * (Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * (Square(x) * x))) + 1);

    public static Number Mish(Number x) => x * Tanh(Softplus(x));

    /// <summary>At zero the derivative is zero.</summary>
    public static Number Abs(Number x)
    {
        DecideUnlessZero(x, 0);
        return x.Map(Math.Abs(x.Value), Sign(x.Value), 0);
    }

    /// <summary>Where it is zero it depends on nothing, so that ties of such zeros decide nothing.</summary>
    public static Number Relu(Number x)
    {
        DecideUnlessZero(x, 0);
        return x.Value > 0 ? x.Map(x.Value, 1, 0) : x with { Step = -1, Value = 0 };
    }

    public static Number LeakyRelu(Number x, double slope) =>
        Linear(x, x.Value < 0 ? slope * x.Value : x.Value, x.Value < 0 ? slope : 1, 0);

    public static Number ThresholdedRelu(Number x, double alpha)
    {
        Decide(x, alpha);
        return x.Value > alpha ? x.Map(x.Value, 1, 0) : x with { Step = -1, Value = 0 };
    }

    public static Number Elu(Number x, double alpha)
    {
        Decide(x, 0);
        return x.Value < 0 ? alpha * (Exp(x) + -1) : x.Map(x.Value, 1, 0);
    }

    public static Number Celu(Number x, double alpha)
    {
        Decide(x, 0);
        return x.Value < 0 ? alpha * (Exp(1 / alpha * x) + -1) : x.Map(x.Value, 1, 0);
    }

    public static Number HardSigmoid(Number x, double alpha, double beta) => Clip(alpha * x + beta, 0, 1);

    public static Number HardSwish(Number x) => x * HardSigmoid(x, 1 / 6.0, 0.5);

    /// <summary>On its bounds the derivative is one.</summary>
    public static Number Clip(Number x, double low, double high)
    {
        DecideUnlessZero(x, low);
        DecideUnlessZero(x, high);
        return x.Value < low || x.Value > high ? x with { Step = -1, Value = x.Value < low ? low : high } : x.Map(x.Value, 1, 0);
    }

    /// <summary>The larger one; of equals the first.</summary>
    public static Number Max(Number a, Number b)
    {
        Compare(a, b);
        return (b.Value > a.Value ? b : a) with { Samples = a.Samples | b.Samples };
    }

    /// <summary>The smaller one; of equals the first.</summary>
    public static Number Min(Number a, Number b)
    {
        Compare(a, b);
        return (b.Value < a.Value ? b : a) with { Samples = a.Samples | b.Samples };
    }

    /// <summary>A logarithm of a sum of exponentials, from the largest on.</summary>
    public static Number LogSumExp(IReadOnlyList<Number> all)
    {
        var largest = all.Max(number => number.Value);
        return Log(Sum(all.Select(number => Exp(number + -largest)), all[0])) + largest;
    }

    /// <summary>The sum; zero, on the tape of another number, of none.</summary>
    public static Number Sum(IEnumerable<Number> all, Number other)
    {
        Number? sum = null;
        foreach (var number in all)
            sum = sum is { } before ? before + number : number;
        return sum ?? other.Constant(0);
    }

    /// <summary>Notes how far a number is from zero, where its quotients are not smooth.</summary>
    public static void DecideWhetherZero(Number x) => Decide(x, 0);

    private static Number Linear(Number x, double value, double slope, double kink)
    {
        Decide(x, kink);
        return x.Map(value, slope, 0);
    }

    // A number that depends on no variable is decided once for all.
    private static void Decide(Number x, double at)
    {
        if (x.Step >= 0)
            x.Tape.Decide(x.Value - at);
    }

    /// <summary>
    /// The same, but for a zero that is one in any arithmetic, as a product with zero is: what is at the kink is a convention of the
    /// documentation's.
    /// </summary>
    private static void DecideUnlessZero(Number x, double at)
    {
        if (at != 0 || x.Value != 0)
            Decide(x, at);
    }

    private static void Compare(Number a, Number b)
    {
        if ((a.Step >= 0 || b.Step >= 0) && a.Step != b.Step && (a.Value != 0 || b.Value != 0))
            a.Tape.Decide(a.Value - b.Value);
    }

    /// <summary>The sign, or zero; that of NaN is NaN, where Math.Sign throws.</summary>
    private static double Sign(double x) =>
        x > 0 ? 1
        : x < 0 ? -1
        : x == 0 ? 0
        : double.NaN;

    private static double Logistic(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>erf(x) = 2/√π e^(−x²) Σₙ 2ⁿ x^(2n+1) / (2n+1)!!, a series of positive terms; beyond 6 it is 1 in double.</summary>
    public static double ErrorFunction(double x)
    {
        if (Math.Abs(x) > 6)
            return Sign(x);
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
