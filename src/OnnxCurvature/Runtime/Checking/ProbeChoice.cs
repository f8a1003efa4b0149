using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>Chooses along which directions a target's results are checked.</summary>
/// <param name="value">The index of the target's value.</param>
/// <param name="indexOf">The index of any value.</param>
/// <param name="results">The results.</param>
/// <param name="entries">How many entries of each.</param>
/// <param name="inputs">The directions and cotangents that were fed, by name.</param>
internal sealed class ProbeChoice(
    int value,
    Func<Value, int> indexOf,
    ImmutableArray<ResultEntries> results,
    int entries,
    IReadOnlyDictionary<string, double[]> inputs
)
{
    /// <summary>
    /// Probes, the most telling first. All results with one index for the target share the directions: the entry of the largest size of
    /// each, then entries that are sampled.
    /// </summary>
    public IEnumerable<Probe> All(int seed)
    {
        ImmutableArray<ResultEntries> shared = [.. results.Where(result => !result.Result.TakesPairs)];
        if (!shared.IsEmpty)
            foreach (var entry in Entries(shared, seed))
            {
                var compared = shared.Select(result => (result, result.By(entry).ToImmutableArray()));
                yield return new Probe(value, value, [(entry, 1)], null, [.. compared]);
            }
        foreach (var result in results.Where(result => result.Result.TakesPairs))
        foreach (var probe in Pairs(result, seed))
            yield return probe;
    }

    private IEnumerable<Probe> Pairs(ResultEntries result, int seed)
    {
        if (result.Result.Quantity == Quantity.Jvp)
        {
            ImmutableArray<long> all = [.. Enumerable.Range(0, result.Values.Length).Select(position => (long)position)];
            yield return new Probe(value, value, Fed(result), null, [(result, all)]);
            yield break;
        }
        foreach (var position in Positions(result, entries, seed))
        {
            var (entry, other, _) = result.At(position);
            var b = result.Result.Quantity switch
            {
                Quantity.Hessian or Quantity.CrossHessian => [(other, 1)],
                Quantity.Hvp => Fed(result),
                _ => [.. Enumerable.Range(0, (int)result.Count).Select(index => (result.First + index, 1.0))],
            };
            yield return new Probe(value, indexOf(result.Result.Values.Last()), [(entry, 1)], b, [(result, [position])]);
        }
    }

    private ImmutableArray<(long, double)> Fed(ResultEntries result) =>
        [.. inputs[VectorInput.Direction(result.Result.Target).Name].Select((element, index) => (result.First + index, element))];

    private List<long> Entries(ImmutableArray<ResultEntries> shared, int seed)
    {
        var chosen = new List<long>();
        foreach (var result in shared)
            if (result.Values.Largest is >= 0 and var largest && result.At(largest).Entry is var entry && !chosen.Contains(entry))
                chosen.Add(entry);
        var first = shared[0];
        var random = new Random(seed);
        while (chosen.Count < Math.Min(Math.Max(entries, chosen.Count), first.Count))
            if (first.First + random.NextInt64(first.Count) is var sampled && !chosen.Contains(sampled))
                chosen.Add(sampled);
        return chosen;
    }

    private static List<long> Positions(ResultEntries result, int entries, int seed)
    {
        var chosen = new List<long>();
        if (result.Values.Largest is >= 0 and var largest)
            chosen.Add(largest);
        var random = new Random(seed);
        while (chosen.Count < Math.Min(entries, result.Values.Length))
            if (random.Next(result.Values.Length) is var sampled && !chosen.Contains(sampled))
                chosen.Add(sampled);
        return chosen;
    }
}
