namespace OnnxCurvature.Runtime.Batches;

/// <summary>The samples of a data set that a run takes.</summary>
/// <param name="Start">The first, counted from 0.</param>
/// <param name="End">The one after the last; null for all that follow.</param>
/// <param name="Most">The largest number of samples; null for any.</param>
internal sealed record SampleRange(long Start = 0, long? End = null, long? Most = null)
{
    /// <summary>The samples of a range of C#. Throws <see cref="ArgumentException"/> for an end that is counted from the last.</summary>
    internal static SampleRange Of(Range range)
    {
        if (range.Start.IsFromEnd || range.End is { IsFromEnd: true, Value: not 0 })
            throw new ArgumentException($"The samples {range} are counted from the last; count them from the first.", nameof(range));
        return new SampleRange(range.Start.Value, range.End.IsFromEnd ? null : range.End.Value);
    }

    /// <summary>The same as a range of C#; <see cref="Most"/> is not part of it.</summary>
    internal Range ToRange() => new(Index.FromStart(checked((int)Start)), End is { } end ? checked((int)end) : Index.End);

    /// <summary>
    /// The range [start, end) of so many samples. Throws <see cref="UserErrorException"/> where it ends beyond them, or is empty.
    /// </summary>
    internal (long Start, long End) Of(long samples)
    {
        if (Start >= samples || End > samples)
            throw new UserErrorException(
                $"--samples {Start}:{End} asks for samples that are not there, since --data holds {samples}; give a range within "
                    + $"0:{samples}."
            );
        var end = End ?? samples;
        return (Start, Most is { } most ? Math.Min(end, Start + most) : end);
    }
}
