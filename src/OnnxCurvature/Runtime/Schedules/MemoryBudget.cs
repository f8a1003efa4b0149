using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// The peak memory of a run's process on a processor, and chunks of directions that keep it within a bound: the program itself
/// with its runtimes, the weights, which are mapped from their file, their copies in the layouts of kernels, and the values of the run.
/// </summary>
/// <param name="bound">The most that the process may take.</param>
/// <param name="severalBatches">Whether there are several batches, for which sessions may be kept, and weights laid out for
/// products.</param>
internal sealed class MemoryBudget(MemoryBound bound, bool severalBatches)
{
    /// <summary>The bytes of a node here and in ONNX Runtime, measured on large graphs.</summary>
    private const double NodeBytes = 25 << 10;

    /// <summary>The bytes of a pool of memory for each byte of values: pieces do not fit without gaps.</summary>
    private const double PoolFactor = 1.3;

    /// <summary>Copies of a batch's data: of the one that runs and of the next one, and what reading that leaves for a while.</summary>
    private const double BatchesInFlight = 3;

    private const int Attempts = 4;

    /// <summary>The share of the bound above which no more is looked for.</summary>
    private const double Enough = 0.9;

    /// <summary>
    /// The bytes that chunks which run beside another take for themselves, given the program; nothing where they run one after another.
    /// </summary>
    public Func<Program, double> Beside { get; init; } = _ => 0;

    /// <summary>Why all samples are one batch, which smaller ones would take less memory than; null where that is not so.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The bytes of the results of a plan.</summary>
    public Func<CurvaturePlan, double> ResultBytes { get; init; } = _ => 0;

    /// <summary>The most bytes by the estimate, where a run showed that it is too low; null for the bound.</summary>
    public long? PlannedBytes { get; init; }

    /// <summary>Whether what takes least is planned even where the estimate is higher.</summary>
    public bool TakesLeast { get; init; }

    /// <summary>
    /// The plan that <paramref name="make"/> gives for about the most bytes of a chunk that keep the whole within the bound. Throws
    /// <see cref="MemoryLimitException"/> where what takes least takes more.
    /// </summary>
    public CurvaturePlan Plan(Func<long, CurvaturePlan> make)
    {
        var most = Of(PlannedBytes ?? bound.Bytes);
        // Their number hardly depends on the chunks, so it takes the same from every one.
        var nodes = OfNodes(most.Plan.Program);
        var limit = (PlannedBytes ?? bound.Bytes) - nodes;
        if (most.Peak <= limit)
            return most.Plan;
        var least = Of(1);
        // Sums over single directions may be large themselves, so that all directions at once take less.
        if (most.Peak < least.Peak)
            least = most;
        if (least.Peak > limit && TakesLeast)
            return least.Plan;
        if (least.Peak > limit)
        {
            var atOnce = Obstacle is null ? "" : $"all samples are run at once, because {Obstacle}; ";
            var blocks = Obstacle is null ? "" : ", or give --batch-size N --as-blocks where blocks are what is wanted";
            throw new MemoryLimitException(
                $"No plan of the run takes less than about {Math.Ceiling((least.Peak + nodes) / (1 << 20))} MiB, and the limit is "
                    + $"{bound.Text}; {atOnce}{bound.Remedy}{blocks}."
            );
        }
        for (var attempt = 0; attempt < Attempts && least.Peak < Enough * limit; attempt++)
        {
            var share = (limit - least.Peak) / (most.Peak - least.Peak);
            var between = Of((long)(least.Chunk + share * (most.Chunk - least.Chunk)));
            if (between.Peak <= limit)
                least = between;
            else
                most = between;
        }
        return least.Plan;

        (CurvaturePlan Plan, double Chunk, double Peak) Of(long chunk)
        {
            var plan = make(chunk);
            return (
                plan,
                Math.Min(chunk, plan.Methods.Select(method => method.MemoryBytes).DefaultIfEmpty(0).Max()),
                PeakBytes(plan.Program, plan.MemoryBytes, plan.Flops, sharesWeights: false, ResultBytes(plan))
            );
        }
    }

    /// <summary>
    /// The process's peak for a program whose values take <paramref name="values"/> bytes at their peak, with so many floating-point
    /// operations for a batch. Weights stay mapped for all sessions, or each session maps its own, which takes less. The results of a run
    /// of one part are made when its last session is over; sums of several parts are there while the next one runs.
    /// </summary>
    public double PeakBytes(Program program, double values, double flops, bool sharesWeights = false, double results = 0)
    {
        var keepsSessions = ScheduleRunner.Keeps(severalBatches, flops, ExecutionProvider.Cpu);
        var sessions = Sessions(program, keepsSessions);
        var shared = sharesWeights ? Union(sessions.Select(session => session.Weights)) : 0;
        var pool = PoolFactor * (values + Beside(program));
        double all = keepsSessions ? sessions.Sum(session => session.Held(sharesWeights)) : 0;
        // A session starts before it makes values.
        var most = sessions
            .Select(session => (keepsSessions ? all : session.Held(sharesWeights)) + Math.Max(session.AtStart(sharesWeights), pool))
            .DefaultIfEmpty(pool)
            .Max();
        var arePartial = severalBatches || DirectionSegments.MayBeSeveral(program, flops, batches: 1);
        return MemoryBound.ProcessBytes + shared + DataBytes(program) + (arePartial ? most + results : Math.Max(most, pool + results));
    }

    /// <summary>
    /// The pool of memory of a run's sessions, for values as in <see cref="PeakBytes"/>: it may take what the bound leaves beside the
    /// process, mapped weights, data and <paramref name="others"/>.
    /// </summary>
    public PoolSize Pool(Program program, double values, double flops, double others, bool sharesWeights)
    {
        var weights = Sessions(program, keepsSessions: false).Select(session => session.Weights).ToArray();
        var mapped =
            sharesWeights ? Union(weights)
            : ScheduleRunner.Keeps(severalBatches, flops, ExecutionProvider.Cpu) ? weights.Sum(own => own.Sum(Bytes))
            : weights.Select(own => own.Sum(Bytes)).DefaultIfEmpty(0).Max();
        return new PoolSize(
            PoolFactor * (values + Beside(program)),
            bound.Bytes - MemoryBound.ProcessBytes - mapped - DataBytes(program) - others
        );
    }

    private double DataBytes(Program program) => severalBatches ? BatchesInFlight * program.Parameters.Sum(Bytes) : 0;

    private static SessionBytes[] Sessions(Program program, bool keepsSessions) =>
        [.. ProgramSchedule.Of(program).Steps.Select(step => SessionBytes.Of(step, keepsSessions))];

    private static double Union(IEnumerable<HashSet<Constant>> weights) => weights.SelectMany(all => all).Distinct().Sum(Bytes);

    /// <summary>The bytes that the nodes of a program take besides.</summary>
    public static double OfNodes(Program program) => NodeBytes * Count(program);

    private static double Count(Program program) => program.Nodes.Sum(node => 1 + node.Bodies.Sum(Count));

    private static double Bytes(Constant constant) => SessionBytes.Size(constant.Type);

    private static double Bytes(Value value) => SessionBytes.Size(value.Type);
}

/// <summary>A run does not fit the memory limit.</summary>
internal sealed class MemoryLimitException(string message) : UserErrorException(message);
