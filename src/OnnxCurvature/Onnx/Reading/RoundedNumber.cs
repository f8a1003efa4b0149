using System.Globalization;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// The numbers of a formula, which a file holds only in float32: attributes, and scalars that nodes Constant hold. Where a model is
/// computed in float64 they are taken for what they were rounded from, if that is plain to see: a decimal of few digits such as 0.01, or a
/// number such as √2 in GELU. Weights are what they are; so of an initializer or a tensor of a single element, which may be one, only
/// numbers such as √2 are known, as scales of attention are.
/// </summary>
internal static class RoundedNumber
{
    private const int MostDigits = 5;
    private const int LargestInteger = 1024;

    private static readonly Dictionary<float, double> Known = Numbers()
        .DistinctBy(number => (float)number)
        .Where(number => (float)number != number)
        .ToDictionary(number => (float)number);

    /// <summary>The number that a float32 number was rounded from, or itself.</summary>
    public static double Recover(float number)
    {
        if (Known.TryGetValue(Math.Abs(number), out var known))
            return Math.CopySign(known, number);
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        return float.IsFinite(number) && Digits(shortest) <= MostDigits ? double.Parse(shortest, CultureInfo.InvariantCulture) : number;
    }

    /// <summary>The same, but decimals and fractions of one, such as weights begin with, are themselves.</summary>
    public static double RecoverByFormula(float number) =>
        Known.TryGetValue(Math.Abs(number), out var known) && Math.Abs(1 / known - Math.Round(1 / known)) > 1e-9
            ? Math.CopySign(known, number)
            : number;

    /// <summary>Whether a number is one that formulas have: a decimal of few digits, or one such as √2.</summary>
    public static bool IsOfFormula(double number) =>
        Known.ContainsKey(Math.Abs((float)number)) || Digits(((float)number).ToString("R", CultureInfo.InvariantCulture)) <= MostDigits;

    /// <summary>
    /// Roots and fourth roots of integers, which scale both factors of attention, fractions of one, and the constants of the usual
    /// activations.
    /// </summary>
    private static IEnumerable<double> Numbers()
    {
        for (var k = 2; k <= LargestInteger; k++)
        {
            yield return Math.Sqrt(k);
            yield return Math.Sqrt(1.0 / k);
            yield return 1.0 / k;
            yield return Math.Sqrt(Math.Sqrt(k));
            yield return Math.Sqrt(Math.Sqrt(1.0 / k));
        }
        foreach (
            var number in (double[])
                [
                    Math.Sqrt(2 / Math.PI),
                    1 / Math.Sqrt(2 * Math.PI),
                    2 / Math.Sqrt(Math.PI),
                    Math.Sqrt(Math.PI),
                    1 / Math.Sqrt(Math.PI),
                    Math.PI,
                    2 * Math.PI,
                    Math.PI / 2,
                    1 / Math.PI,
                    Math.E,
                    Math.Log(2),
                    1 / Math.Log(2),
                    Math.Log(10),
                    1 / Math.Log(10),
                    Selu.ExactAlpha,
                    Selu.ExactGamma,
                ]
        )
            yield return number;
    }

    private static int Digits(string decimalText) =>
        decimalText.Split('E')[0].Where(char.IsAsciiDigit).SkipWhile(digit => digit == '0').Count();
}
