using System.Collections.Immutable;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>Which samples of the files a run takes, in ranges [start, end) that follow each other.</summary>
internal sealed record SampleNumbers(ImmutableArray<(long Start, long End)> Ranges)
{
    /// <summary>The number of samples.</summary>
    public long Count => Ranges.Sum(range => range.End - range.Start);

    /// <summary>The number that a sample of the run has in the files.</summary>
    public long InFiles(long sample)
    {
        foreach (var (start, end) in Ranges)
        {
            if (sample < end - start)
                return start + sample;
            sample -= end - start;
        }
        throw new ArgumentOutOfRangeException(nameof(sample));
    }

    /// <summary>The same without some samples of the run.</summary>
    /// <param name="left">Their numbers in the run, ascending.</param>
    public SampleNumbers Without(IEnumerable<long> left)
    {
        var ranges = new List<(long, long)>();
        var bad = new Queue<long>(left.Select(InFiles));
        foreach (var (start, end) in Ranges)
        {
            var from = start;
            while (bad.TryPeek(out var next) && next < end)
            {
                bad.Dequeue();
                if (next > from)
                    ranges.Add((from, next));
                from = next + 1;
            }
            if (from < end)
                ranges.Add((from, end));
        }
        return new SampleNumbers([.. ranges]);
    }

    /// <summary>The positions of an axis that samples take, each so many.</summary>
    public ImmutableArray<(long Start, long End)> Positions(long each) =>
        [.. Ranges.Select(range => (checked(range.Start * each), checked(range.End * each)))];

    /// <summary>The choice, by which two runs can be compared.</summary>
    public override string ToString() => string.Join(",", Ranges.Select(range => $"{range.Start}:{range.End}"));
}
