using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>One way to hold a weight.</summary>
/// <param name="Bits">Bits of an entry: 4, 8, or those of a float.</param>
/// <param name="Bytes">The bytes that the weight takes.</param>
/// <param name="Cost">The predicted change of the loss.</param>
internal sealed record PrecisionOption(int Bits, double Bytes, double Cost);

/// <summary>The bits of each weight of a network, chosen so that all together keep to a size.</summary>
/// <param name="Options">The chosen option of each weight, in the order in which they were given.</param>
/// <param name="Bytes">The bytes that they take together.</param>
/// <param name="Cost">The sum of their predicted changes of the loss.</param>
internal sealed record MixedPrecision(ImmutableArray<PrecisionOption> Options, double Bytes, double Cost)
{
    /// <summary>
    /// Chooses. Each weight begins with its smallest option, and steps along the lower convex hull of its options follow, those that lower
    /// the cost most for a byte first, as long as they fit. Before the first step that does not fit, no other choice of the same size or
    /// less has a lower cost. Throws <see cref="UserErrorException"/> where even the smallest options take more than the size.
    /// </summary>
    /// <param name="weights">The options of each weight.</param>
    /// <param name="most">The most bytes.</param>
    public static MixedPrecision Choose(IReadOnlyList<ImmutableArray<PrecisionOption>> weights, double most)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var hulls = weights.Select(Hull).ToArray();
        var chosen = new int[hulls.Length];
        var bytes = hulls.Sum(hull => hull[0].Bytes);
        if (bytes > most)
            throw new UserErrorException(
                $"The weights take at least {Math.Ceiling(bytes)} bytes, and --target-size allows {Math.Floor(most)}; allow more."
            );
        var steps =
            from weight in Enumerable.Range(0, hulls.Length)
            from step in Enumerable.Range(1, hulls[weight].Length - 1)
            let gain = hulls[weight][step - 1].Cost - hulls[weight][step].Cost
            let added = hulls[weight][step].Bytes - hulls[weight][step - 1].Bytes
            orderby gain / added descending, weight, step
            select (Weight: weight, Step: step, Added: added);
        foreach (var (weight, step, added) in steps)
            // A step follows only where the one before it was taken.
            if (chosen[weight] == step - 1 && bytes + added <= most)
            {
                chosen[weight] = step;
                bytes += added;
            }
        ImmutableArray<PrecisionOption> options = [.. hulls.Select((hull, weight) => hull[chosen[weight]])];
        return new MixedPrecision(options, options.Sum(option => option.Bytes), options.Sum(option => option.Cost));
    }

    /// <summary>The options that are best for some price of a byte, from the smallest on.</summary>
    private static ImmutableArray<PrecisionOption> Hull(ImmutableArray<PrecisionOption> options)
    {
        var hull = new List<PrecisionOption>();
        foreach (var option in options.OrderBy(option => option.Bytes).ThenBy(option => option.Cost))
        {
            if (hull.Count > 0 && option.Cost >= hull[^1].Cost)
                continue;
            while (hull.Count > 1 && Slope(hull[^2], hull[^1]) <= Slope(hull[^1], option))
                hull.RemoveAt(hull.Count - 1);
            hull.Add(option);
        }
        return [.. hull];
    }

    private static double Slope(PrecisionOption from, PrecisionOption to) => (from.Cost - to.Cost) / (to.Bytes - from.Bytes);
}
