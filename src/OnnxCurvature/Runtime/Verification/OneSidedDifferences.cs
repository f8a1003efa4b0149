namespace OnnxCurvature.Runtime.Verification;

/// <summary>
/// Difference quotients of either side at a kink, as at the tie of a maximum. A derivative there is that of one side, and a central
/// difference is the mean of the two.
/// </summary>
internal static class OneSidedDifferences
{
    /// <summary>How many times the size of its error a gap between the sides must be to count.</summary>
    private const double Margin = 64;

    /// <summary>
    /// The quotients (f(h) − f(0)) / h and (f(0) − f(−h)) / h with their steps h, where f has a kink at 0, else none: the gap between the
    /// sides of a smooth function shrinks as the step does, that of a kink stays. <paramref name="error"/> is the size of the error of a
    /// value of f.
    /// </summary>
    public static IEnumerable<(double Value, double Step)> AtKink(Func<double, double> f, IReadOnlyList<double> steps, Func<double> error)
    {
        var at = f(0);
        var sides = steps.Select(h => (Step: h, Right: (f(h) - at) / h, Left: (at - f(-h)) / h)).ToArray();
        var gaps = Array.ConvertAll(sides, side => Math.Abs(side.Right - side.Left));
        var stays = Enumerable.Range(1, gaps.Length - 1).All(index => gaps[index] > gaps[index - 1] / 2);
        if (!stays || gaps[^1] <= Margin * error() / steps[^1])
            yield break;
        foreach (var (step, right, left) in sides)
        {
            yield return (right, step);
            yield return (left, step);
        }
    }
}
