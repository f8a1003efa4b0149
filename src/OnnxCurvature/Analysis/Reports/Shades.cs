namespace OnnxCurvature.Analysis.Reports;

/// <summary>Shades of numbers on a logarithmic scale.</summary>
internal static class Shades
{
    /// <summary>The number of shades beside that of zero.</summary>
    public const int Levels = 12;

    /// <summary>How many decades below the largest magnitude are distinguished from zero.</summary>
    public const double Decades = 4;

    /// <summary>
    /// The levels of some numbers: from 0, for what is more than <see cref="Decades"/> below the largest magnitude, to <see
    /// cref="Levels"/>; those of negative numbers have a minus sign.
    /// </summary>
    public static int[] Of(ReadOnlySpan<double> numbers, double largest)
    {
        var levels = new int[numbers.Length];
        if (largest > 0)
            for (var index = 0; index < levels.Length; index++)
                levels[index] = Math.Sign(numbers[index]) * Level(Math.Abs(numbers[index]) / largest);
        return levels;
    }

    private static int Level(double ratio) =>
        ratio == 0 ? 0 : (int)Math.Clamp(Math.Ceiling(Levels * (1 + Math.Log10(ratio) / Decades)), 0, Levels);
}
