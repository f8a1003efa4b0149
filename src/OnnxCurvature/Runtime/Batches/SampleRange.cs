namespace OnnxCurvature.Runtime.Batches;

/// <summary>The samples of a data set that a run takes.</summary>
/// <param name="Start">The first, counted from 0.</param>
/// <param name="End">The one after the last; null for all that follow.</param>
/// <param name="Most">The largest number of samples; null for any.</param>
public sealed record SampleRange(long Start = 0, long? End = null, long? Most = null)
{
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
