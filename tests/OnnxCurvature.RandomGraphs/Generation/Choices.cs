namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>
/// A stream of small numbers that decide all that is random of a problem. The stream is kept, so that a problem is made again from it, and
/// a smaller problem from a smaller stream: 0 always stands for what is simplest.
/// </summary>
internal sealed class Choices
{
    private readonly IReadOnlyList<int> _given;
    private readonly Random? _random;
    private readonly List<int> _taken = [];

    private Choices(IReadOnlyList<int> given, Random? random) => (_given, _random) = (given, random);

    /// <summary>Sampled from a seed.</summary>
    public static Choices Sampled(long seed) => new([], new Random(HashCode(seed)));

    /// <summary>Those that are given, and zeros after them.</summary>
    public static Choices Of(IReadOnlyList<int> given) => new(given, null);

    /// <summary>The choices so far.</summary>
    public IReadOnlyList<int> Taken => _taken;

    /// <summary>A number from 0 up to below <paramref name="count"/>.</summary>
    public int Next(int count)
    {
        var at = _taken.Count;
        var choice = at < _given.Count ? Math.Min(_given[at], count - 1) : _random?.Next(count) ?? 0;
        _taken.Add(choice);
        return choice;
    }

    /// <summary>Whether something happens that is not simplest, in one of so many cases.</summary>
    public bool OneIn(int cases) => Next(cases) == cases - 1;

    /// <summary>One of some.</summary>
    public T Pick<T>(params IReadOnlyList<T> all) => all[Next(all.Count)];

    /// <summary>One of some with weights, the simplest first.</summary>
    public T Weighted<T>(IReadOnlyList<(int Weight, T Item)> all)
    {
        var left = Next(all.Sum(entry => entry.Weight));
        foreach (var (weight, item) in all)
        {
            if (left < weight)
                return item;
            left -= weight;
        }
        throw new InvalidOperationException("The weights do not add up.");
    }

    private static int HashCode(long seed) => (int)(Mixing.Of((ulong)seed) >> 33);
}

/// <summary>Numbers that look random and depend on what they are made from alone.</summary>
internal static class Mixing
{
    /// <summary>The finalizer of SplitMix64.</summary>
    public static ulong Of(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A number of [0, 1).</summary>
    public static double Unit(ulong seed, int stream, int index) =>
        (Of(Of(Of(seed) + (ulong)stream) + (ulong)index) >> 11) / (double)(1UL << 53);
}
