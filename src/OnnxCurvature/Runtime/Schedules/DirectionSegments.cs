using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// How the iterations of a batch's loops over directions are divided into segments, each of which is a run of its own whose results are
/// added up. The division follows from the program and the number of batches alone, so that results are the same whoever makes which
/// segments, and whether a run is interrupted between them.
/// </summary>
internal sealed class DirectionSegments
{
    /// <summary>The most segments of a batch.</summary>
    private const int MostOfABatch = 64;

    /// <summary>With more runs than these there is no need of further ones.</summary>
    private const int EnoughRuns = 256;

    /// <summary>The share of the work that may be done in addition, since each segment makes the forward pass again.</summary>
    private const double AddedShare = 0.02;

    /// <summary>Additional operations that take about a millisecond, and do not count.</summary>
    private const double FreeFlops = 2e8;

    /// <summary>A segment of so many operations takes so long that it does not count that sessions are made again.</summary>
    private const double FlopsOfASegment = 2e13;

    /// <summary>Weights of fewer bytes may be laid out beyond what the memory limit counts.</summary>
    private const long FewBytes = 1 << 24;

    private readonly ImmutableHashSet<Node> _loops;

    private DirectionSegments(int count, DirectionSums? sums, SegmentLimit limit)
    {
        (Count, Limit) = (count, limit);
        _loops = [.. sums?.Loops ?? []];
        Summed = [.. sums?.Summed ?? []];
        HasConstant = sums?.HasConstant ?? false;
    }

    /// <summary>The number of segments of a batch; 1 where it is not divided.</summary>
    public int Count { get; }

    /// <summary>Why a batch has no more segments.</summary>
    public SegmentLimit Limit { get; }

    /// <summary>The outputs that are added up over segments; all others are the same in each.</summary>
    public ImmutableHashSet<string> Summed { get; }

    /// <summary>
    /// Whether every segment also gives what does not come from directions, which is then taken off all segments but the first.
    /// </summary>
    public bool HasConstant { get; }

    /// <summary>Decides for a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="schedule">Its schedule.</param>
    /// <param name="costs">Its costs.</param>
    /// <param name="batches">The number of batches of all processes.</param>
    /// <param name="keepsSessions">Whether sessions are kept from run to run in any case.</param>
    /// <param name="isBound">Whether values stay on a device, where no zeros are put in place of iterations that another run makes.</param>
    public static DirectionSegments Of(
        Program program,
        ProgramSchedule schedule,
        CostModel costs,
        long batches,
        bool keepsSessions,
        bool isBound
    )
    {
        var loops = schedule.Steps.OfType<LoopStep>().ToArray();
        var total = costs.Flops(program);
        var wanted = Wanted(batches);
        DirectionSums? sums = null;
        SegmentLimit? whole =
            Whole(program, schedule, total, batches, keepsSessions)
            ?? (
                isBound && loops.Any(loop => loop.Program.Outputs.Length > loop.States) ? SegmentLimit.Device
                : (sums = LoopRemoval.SumsOf(program)) is null ? SegmentLimit.NoSums
                : null
            );
        if (whole is { } only)
            return new DirectionSegments(1, null, only);
        var summing = loops.Where(loop => sums!.Loops.Contains(loop.Node)).ToArray();
        var once =
            schedule.Steps.OfType<StraightStep>().Sum(step => costs.Flops(step.Program))
            + loops.Except(summing).Sum(loop => loop.Iterations * costs.Flops(loop.Program));
        var free = Math.Max(AddedShare * total, FreeFlops) / Math.Max(1, once) + 1;
        (double Count, SegmentLimit Limit)[] limits =
        [
            (summing.Max(loop => loop.Iterations), SegmentLimit.Chunks),
            (MostOfABatch, SegmentLimit.Number),
            (free, SegmentLimit.Forward),
            (keepsSessions || IsSmall(program) ? double.PositiveInfinity : total / FlopsOfASegment, SegmentLimit.Weights),
            (wanted, SegmentLimit.Batches),
        ];
        var (count, limit) = limits.MinBy(each => each.Count);
        return new DirectionSegments(Math.Max(1, (int)count), count >= 2 ? sums : null, limit);
    }

    /// <summary>
    /// Whether a batch may have several segments on a processor, as far as that is known without a proof that its results are sums over
    /// directions.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="flops">Its floating-point operations.</param>
    /// <param name="batches">The number of batches of all processes.</param>
    public static bool MayBeSeveral(Program program, double flops, long batches) =>
        Whole(program, ProgramSchedule.Of(program), flops, batches, ScheduleRunner.Keeps(batches > 1, flops, ExecutionProvider.Cpu))
            is null;

    /// <summary>Why a batch is one segment, whatever its results are; null where these decide.</summary>
    private static SegmentLimit? Whole(Program program, ProgramSchedule schedule, double flops, long batches, bool keepsSessions) =>
        Wanted(batches) == 1 ? SegmentLimit.Batches
        : schedule.Steps.OfType<LoopStep>().All(loop => loop.Iterations == 1) ? SegmentLimit.Chunks
        : !keepsSessions && !IsSmall(program) && flops < 2 * FlopsOfASegment ? SegmentLimit.Weights
        : null;

    private static long Wanted(long batches) => WholeNumbers.DivideUp(EnoughRuns, batches);

    /// <summary>
    /// Whether sessions are kept from segment to segment: on a processor where they hold little, and on a device, to which weights would
    /// have to be copied again, always.
    /// </summary>
    public bool KeepsSessions(Program program, ExecutionProvider provider) =>
        Count > 1 && (provider != ExecutionProvider.Cpu || IsSmall(program));

    /// <summary>Whether segments make different iterations of a loop.</summary>
    public bool Divides(LoopStep loop) => _loops.Contains(loop.Node);

    /// <summary>The segments from one to before another, which a run makes.</summary>
    public SegmentRange Between(long start, long end) => new(_loops, (int)start, (int)end, Count);

    /// <summary>No iteration at all: what results hold that does not come from directions.</summary>
    public SegmentRange Nothing => new(_loops, 0, 0, Count);

    private static bool IsSmall(Program program) =>
        program
            .Nodes.SelectMany(GraphWalk.Dependencies)
            .Where(value => value.Constant is not null && value.Type.Shape.IsKnown)
            .Distinct()
            .Sum(value => (double)value.Type.Shape.Elements.Factor * value.Type.Element.Size()) <= FewBytes;
}

/// <summary>The segments that a run makes: the iterations of loops over directions from one segment to another.</summary>
/// <param name="Loops">The loops that are divided; all others make all iterations.</param>
/// <param name="Start">The first segment.</param>
/// <param name="End">The one after the last.</param>
/// <param name="Count">The number of segments of a batch.</param>
internal readonly record struct SegmentRange(ImmutableHashSet<Node> Loops, int Start, int End, int Count)
{
    /// <summary>All iterations.</summary>
    public static SegmentRange Whole { get; } = new([], 0, 1, 1);

    /// <summary>Each of the segments; none without iterations counts as one.</summary>
    public IReadOnlyList<SegmentRange> Parts
    {
        get
        {
            var all = this;
            return End - Start <= 1
                ? [this]
                : [.. Enumerable.Range(Start, End - Start).Select(at => all with { Start = at, End = at + 1 })];
        }
    }

    /// <summary>Whether segments make different iterations of a loop.</summary>
    public bool Divides(LoopStep loop) => Loops.Contains(loop.Node);

    /// <summary>The iterations of a loop, from the first to the one after the last.</summary>
    public (long First, long End) Of(LoopStep loop) =>
        Divides(loop) ? (loop.Iterations * Start / Count, loop.Iterations * End / Count) : (0, loop.Iterations);

    /// <summary>The number of the iteration at which a share of them is done.</summary>
    public long IterationAt(LoopStep loop, double share)
    {
        var (first, end) = Of(loop);
        return first + (long)Math.Round(share * (end - first));
    }
}

/// <summary>Why a batch is not divided into more segments.</summary>
internal enum SegmentLimit
{
    /// <summary>There are batches enough.</summary>
    Batches,

    /// <summary>Results are no sums over directions.</summary>
    NoSums,

    /// <summary>A segment holds one chunk of directions at least.</summary>
    Chunks,

    /// <summary>Whether the results that loops collect stay on a device.</summary>
    Device,

    /// <summary>The weights are so large that sessions are made again for each segment.</summary>
    Weights,

    /// <summary>The most segments that a batch has.</summary>
    Number,

    /// <summary>Each segment makes the forward pass again.</summary>
    Forward,
}
