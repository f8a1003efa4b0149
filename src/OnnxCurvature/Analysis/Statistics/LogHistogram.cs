using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Statistics;

/// <summary>
/// How many numbers there are of each size, on a logarithmic scale, positive and negative ones separately. Bin b holds the numbers of a
/// magnitude from 10^(Start + b/3) up to, and without, 10^(Start + (b+1)/3).
/// </summary>
/// <param name="Start">The decade of the first bin.</param>
/// <param name="Positive">The number of positive entries in each bin.</param>
/// <param name="Negative">The number of negative entries in each bin.</param>
/// <param name="Zeros">The number of entries that are zero.</param>
/// <param name="Smaller">The number of entries that are not zero and lie below the first bin.</param>
internal sealed record LogHistogram(int Start, ImmutableArray<int> Positive, ImmutableArray<int> Negative, int Zeros, int Smaller)
{
    /// <summary>Bins in a decade.</summary>
    public const int BinsInADecade = 3;

    /// <summary>The most decades that are shown, from the largest entry down.</summary>
    public const int MostDecades = 12;

    /// <summary>The histogram of some finite numbers.</summary>
    public static LogHistogram Of(IReadOnlyList<double> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var zeros = entries.Count(entry => entry == 0);
        if (zeros == entries.Count)
            return new LogHistogram(0, [], [], zeros, 0);
        var magnitudes = entries.Where(entry => entry != 0).Select(Math.Abs);
        var (least, most) = (Decade(magnitudes.Min()), Decade(magnitudes.Max()));
        var start = Math.Max(least, most + 1 - MostDecades);
        var bins = (most + 1 - start) * BinsInADecade;
        int[] positive = new int[bins],
            negative = new int[bins];
        var smaller = 0;
        foreach (var entry in entries)
        {
            if (entry == 0)
                continue;
            var bin = (int)Math.Floor((Math.Log10(Math.Abs(entry)) - start) * BinsInADecade);
            if (bin < 0)
                smaller++;
            else if (entry > 0)
                positive[Math.Min(bin, bins - 1)]++;
            else
                negative[Math.Min(bin, bins - 1)]++;
        }
        return new LogHistogram(start, [.. positive], [.. negative], zeros, smaller);
    }

    private static int Decade(double magnitude) => (int)Math.Floor(Math.Log10(magnitude));
}
