using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A program with data for it, and how its batches are put together.</summary>
/// <param name="Source">How the model was loaded.</param>
/// <param name="Program">The program.</param>
/// <param name="Join">How results of batches become one.</param>
/// <param name="Data">The data.</param>
internal sealed record RunPlan(ModelSource Source, Program Program, BatchJoin Join, DataSet Data)
{
    /// <summary>The program's input that takes the number of the batch; null where it has none.</summary>
    public Value? BatchNumber { get; init; }

    /// <summary>The loss, with what follows for it from the data; null where an augmented file is run.</summary>
    public LossRequest? Loss { get; init; }

    /// <summary>The description of the augmented file that is run; null where a model is run for a request.</summary>
    public AugmentedMetadata? Augmented { get; init; }

    /// <summary>
    /// The same plan over other data, or null where these would lead to another one. Throws <see cref="UserErrorException"/> for data that
    /// do not fit.
    /// </summary>
    public Func<IReadOnlyDictionary<string, DataSource>, RunPlan?> Over { get; init; } = _ => null;

    /// <summary>The check of the results of the first batch; null where they are not checked.</summary>
    public RunCheck? Check { get; init; }

    /// <summary>Why results are not checked, as a clause; empty where they are.</summary>
    public string Unchecked { get; init; } = "";

    /// <summary>How each second-order quantity is computed; none for an augmented file.</summary>
    public ImmutableArray<WeightPlan> Methods { get; init; } = [];

    /// <summary>Notes for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Estimated floating-point operations for one batch.</summary>
    public required double Flops { get; init; }

    /// <summary>Estimated peak of the values of one run, weights not counted, in bytes.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>About how long all batches take on a processor, in seconds, and the most bytes that the process holds.</summary>
    public (double Seconds, double PeakBytes) Estimated(CurvatureRunOptions options)
    {
        var (_, seconds) = ExpectedSeconds(options);
        return (seconds, PeakBytes(options, SharesWeights(options)));
    }

    /// <summary>Whether there is memory for weights that stay mapped while a run goes on.</summary>
    public bool SharesWeights(CurvatureRunOptions options) =>
        options.ChosenProvider == ExecutionProvider.Cpu
        && PeakBytes(options, sharesWeights: true) <= (options.PlannedBytes ?? options.Bound.Bytes);

    private double PeakBytes(CurvatureRunOptions options, bool sharesWeights) =>
        Budget(options, ChunksAtOnce(options)).PeakBytes(Program, MemoryBytes, Flops, sharesWeights, BytesOfResults(options))
        + MemoryBudget.OfNodes(Program);

    /// <summary>About how long the first batch takes, with the start of its sessions, and all batches.</summary>
    private (double Batch, double Run) ExpectedSeconds(CurvatureRunOptions options)
    {
        var limits = Limits(options, Source);
        var costs = new CostModel(limits with { Machine = options.MachineForTimes?.Invoke() ?? options.Machine });
        var bytes = MemoryBytes + BytesOfResults(options);
        var times = ScheduleTime.Of(Program, costs, new CostModel(limits), Cores(options), ChunksAtOnce(options), bytes);
        var starts = ScheduleRunner.Keeps(Data.Batches > 1, Flops, options.ChosenProvider) ? 1 : Data.Batches;
        return (times.Start + times.Run, starts * times.Start + Data.Batches * times.Run);
    }

    private ImmutableArray<NamedValue> Results => [.. Program.Outputs.SkipLast(Check?.Given.Length ?? 0)];

    private bool MayBeDivided => DirectionSegments.MayBeSeveral(Program, Flops, Data.Batches);

    private double BytesOfResults(CurvatureRunOptions options)
    {
        return JoinedBytes.Of(Results, Join.PerSample, Join.Moments, Data.Batches, MayBeDivided, Limits(options, Source).Size);
    }

    /// <summary>
    /// The pool of memory of the run's sessions on a processor. The sums of a single batch are made when its values are there, and measured
    /// before.
    /// </summary>
    public PoolSize Pool(CurvatureRunOptions options)
    {
        var others = MemoryBudget.OfNodes(Program) + (Data.Batches > 1 ? BytesOfResults(options) : 0);
        return Budget(options, ChunksAtOnce(options)).Pool(Program, MemoryBytes, Flops, others, SharesWeights(options));
    }

    /// <summary>The limits of the check of the run.</summary>
    public CheckBudget BudgetOfCheck(CurvatureRunOptions options)
    {
        var costs = new CostModel(Limits(options, Source));
        var memory = new MemoryBudget(options.Bound, Data.Batches > 1);
        // The results of the batch are there beside the check: as they came, in double where they are not read in place, and joined.
        var asTheyCame = Results.Sum(one =>
            costs.Bytes(one.Value)
            + (
                MayBeDivided || one.Value.Type.Element != ElementType.Float32
                    ? sizeof(double) * costs.Size(one.Value.Type.Shape.Elements)
                    : 0
            )
        );
        var held = MemoryBound.ProcessBytes + MemoryBudget.OfNodes(Program) + BytesOfResults(options) + asTheyCame;
        var ofPrograms =
            options.ChosenProvider == ExecutionProvider.Cpu
                ? new CheckMemory(program => Peak(program, costs.PeakBytes(program)), program => Peak(program, costs.BytesAtMost(program)))
                : null;
        var most = options.PlannedBytes ?? options.Bound.Bytes;
        var expected = options.Faults.Expected(ExpectedSeconds(options));
        return new CheckBudget(costs, Cores(options), options.ChosenProvider, expected, ofPrograms, held, most);

        double Peak(Program program, double values) => memory.PeakBytes(program, values, costs.Flops(program)) - MemoryBound.ProcessBytes;
    }

    /// <summary>The most chunks at a time that keep the process within its bound; one on a device.</summary>
    private int ChunksAtOnce(CurvatureRunOptions options)
    {
        if (options.ChosenProvider != ExecutionProvider.Cpu)
            return 1;
        var (atOnce, most) = (Cores(options), (options.PlannedBytes ?? options.Bound.Bytes) - MemoryBudget.OfNodes(Program));
        var results = BytesOfResults(options);
        while (atOnce > 1 && Budget(options, atOnce).PeakBytes(Program, MemoryBytes, Flops, sharesWeights: false, results) > most)
            atOnce--;
        return atOnce;
    }

    private MemoryBudget Budget(CurvatureRunOptions options, int atOnce) =>
        new(options.Bound, Data.Batches > 1) { Beside = Beside(Limits(options, Source), atOnce, options) };

    /// <summary>The bytes of chunks that run beside others, so many at a time.</summary>
    public static Func<Program, double> Beside(PlanLimits limits, int atOnce, CurvatureRunOptions options)
    {
        var costs = new CostModel(limits);
        return program => SummedChunks.BytesBeside(program, costs, atOnce, Cores(options));
    }

    /// <summary>The threads that there are for a run.</summary>
    public static int Cores(CurvatureRunOptions options) => options.Threads > 0 ? options.Threads : Environment.ProcessorCount;

    /// <summary>The resources that all sessions of the run share.</summary>
    public OrtSettings Settings(CurvatureRunOptions options) =>
        new(Source.Folder, options.ChosenProvider, options.Threads)
        {
            OptimizesSmallNodes = options.OptimizesSmallNodes,
            Cuda = options.Cuda,
            ChunksAtOnce = ChunksAtOnce(options),
        };

    /// <summary>The bounds that the run keeps to.</summary>
    public static PlanLimits Limits(CurvatureRunOptions options, ModelSource source) =>
        new()
        {
            Provider = options.ChosenProvider,
            Interrupt = options.Interrupt,
            Machine = options.Machine,
            Factorized = ElementType.Float32,
            MemoryBytes = options.ChunkBytes ?? options.PlannedBytes ?? options.Bound.Bytes,
            ResultBytes = options.Bound.Bytes,
            Dimensions = source.Dimensions,
            DefaultDimension = source.BatchSize,
        };
}
