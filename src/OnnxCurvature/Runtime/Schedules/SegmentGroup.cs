namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// How many segments of a batch one run makes. Chunks of several segments keep all cores at work and need the forward pass once; but what a
/// run has done is lost where it is interrupted. The results of a segment are the same to the last bit, however many are made together.
/// </summary>
/// <param name="start">The number to begin with.</param>
/// <param name="most">The largest number.</param>
internal sealed class SegmentGroup(long start, long most)
{
    /// <summary>A run of fewer seconds is followed by one of twice as many segments.</summary>
    private const double FewSeconds = 1;

    /// <summary>A run of more seconds is followed by one of half as many.</summary>
    private const double ManySeconds = 5;

    /// <summary>Results of segments that take no more bytes than these do not count beside what a chunk takes.</summary>
    private const double FewBytes = 8 << 20;

    /// <summary>The number of segments of the next run.</summary>
    public long Count { get; private set; } = Math.Clamp(start, 1, most);

    /// <summary>Segments one by one.</summary>
    public static SegmentGroup One => new(1, 1);

    /// <summary>Begins with as many segments as have work for all cores, for a run whose sessions are kept, on a processor.</summary>
    /// <param name="segments">The segments of a batch.</param>
    /// <param name="schedule">The steps.</param>
    /// <param name="chunksAtOnce">How many chunks run at a time.</param>
    /// <param name="resultBytes">The bytes of the results of a segment.</param>
    public static SegmentGroup Of(DirectionSegments segments, ProgramSchedule schedule, int chunksAtOnce, double resultBytes)
    {
        var chunks = schedule.Steps.OfType<LoopStep>().Where(segments.Divides).Select(loop => loop.Iterations).DefaultIfEmpty(1).Max();
        var fitting = 1 + (long)(FewBytes / Math.Max(1, resultBytes));
        return new SegmentGroup(chunksAtOnce * segments.Count / chunks, Math.Min(fitting, segments.Count));
    }

    /// <summary>Learns how long a run of so many segments took.</summary>
    public void Took(TimeSpan time, long segments)
    {
        if (time.TotalSeconds < FewSeconds)
            Count = Math.Clamp(2 * segments, Count, most);
        else if (time.TotalSeconds > ManySeconds)
            Count = Math.Max(1, segments / 2);
    }
}
