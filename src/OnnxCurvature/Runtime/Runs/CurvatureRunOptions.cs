using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>How a run is carried out.</summary>
public sealed record CurvatureRunOptions
{
    /// <summary>Where ONNX Runtime computes; null for CUDA where it can be had, and else the processor.</summary>
    public ExecutionProvider? Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>The provider, after it has been chosen.</summary>
    internal ExecutionProvider ChosenProvider => Provider ?? throw new InvalidOperationException("The provider has not been chosen yet.");

    /// <summary>How CUDA is used where it is.</summary>
    public CudaOptions Cuda { get; init; } = new();

    /// <summary>The native library of ONNX Runtime, or the folder that holds it; null takes the one that was built in.</summary>
    public string? OnnxRuntimePath { get; init; }

    /// <summary>Threads within an operator; 0 takes the number of cores.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// The most bytes that the process may take on a processor; chunks of directions are made small enough. On CUDA the most that the
    /// values of one chunk may take on the device.
    /// </summary>
    public long MemoryBytes { get; init; } = 3L << 30;

    /// <summary>The machine for which ways and chunks are chosen; a plan is the same wherever it is made for the same machine.</summary>
    internal MachineProfile Machine { get; init; } = MachineProfile.Default;

    /// <summary>The machine by which times are estimated, as it was measured; null for <see cref="Machine"/>.</summary>
    internal Func<MachineProfile>? MachineForTimes { get; init; }

    /// <summary>Whether all that the process holds counts as the run's, as in a tool that does nothing else.</summary>
    internal bool OwnsProcess { get; init; }

    /// <summary>The bound of the run, as it was when it was prepared; null before.</summary>
    internal MemoryBound? PreparedBound { get; init; }

    /// <summary>Receives the steps of preparing the run; null for nothing.</summary>
    internal IProgress<RunProgress>? Preparing { get; init; }

    /// <summary>Ends the preparation of the run before it is done; null for nothing.</summary>
    internal PlanInterrupt? Interrupt { get; init; }

    /// <summary>These options for one run, the preparation of which a token ends.</summary>
    internal CurvatureRunOptions EndedBy(CancellationToken cancellation) => this with { Interrupt = new PlanInterrupt(cancellation) };

    /// <summary>
    /// The bound of the run: <see cref="MemoryBytes"/>, or on a processor less where the system allows less.
    /// </summary>
    internal MemoryBound Bound =>
        PreparedBound
        ?? (ChosenProvider == ExecutionProvider.Cpu ? MemoryBound.Of(MemoryBytes, OwnsProcess) : new MemoryBound(MemoryBytes, null));

    /// <summary>
    /// The most bytes that the process may take by the estimate of the plan, where a run showed that the estimate is too low; null for the
    /// bound itself.
    /// </summary>
    internal long? PlannedBytes { get; init; }

    /// <summary>The most bytes that the values of one chunk may take; null for what <see cref="MemoryBytes"/> leaves them.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>
    /// Samples in one batch; null takes the model's own fixed batch, or 32 samples where batches are proven to give what all samples at
    /// once give, and else all samples.
    /// </summary>
    public int? BatchSize { get; init; }

    /// <summary>The samples of the data that are taken, counted from the first; null for all.</summary>
    /// <exception cref="ArgumentException">An end is counted from the last sample.</exception>
    public Range? Samples
    {
        get => SampleRange?.ToRange();
        init => SampleRange = value is { } range ? SampleRange.Of(range) : null;
    }

    /// <summary><see cref="Samples"/>.</summary>
    internal SampleRange? SampleRange { get; init; }

    /// <summary>The part of the run that is made; null for all of it.</summary>
    internal Shard? Shard { get; init; }

    /// <summary>The file in which the run keeps what it has done; null for none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>The time between two checkpoints; more where it takes long to write one; zero for one after every unit.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the run goes on from its checkpoint, if it is there; else a file of an earlier run is refused.</summary>
    public bool Resumes { get; init; }

    /// <summary>The file and the interval of checkpoints; null where none are written.</summary>
    internal CheckpointOptions? Checkpoint =>
        CheckpointPath is null ? null : new CheckpointOptions(CheckpointPath, CheckpointInterval, Resumes);

    /// <summary>Whether samples that hold NaN are left out, and not refused.</summary>
    public bool SkipsBad { get; init; }

    /// <summary>The most that loading the model may take.</summary>
    public WorkLimits LoadLimits { get; init; } = new();

    /// <summary>
    /// Whether data are cut into batches though these may not give what all samples at once give: what is asked for is then that of blocks.
    /// </summary>
    public bool AsBlocks { get; init; }

    /// <summary>
    /// Whether a few entries of each exact result of the first batch are computed a second time, in another way, and compared.
    /// </summary>
    public bool Check { get; init; } = true;

    /// <summary>
    /// The replacement that tests put in place of the loss that is planned for, or of the program that is run, to see that a check finds
    /// it.
    /// </summary>
    internal PlantedFaults Faults { get; init; } = new();

    /// <summary>
    /// Whether sessions of small nodes are optimized as those of large ones are, so that tests of small networks stand for large ones.
    /// </summary>
    internal bool OptimizesSmallNodes { get; init; }

    /// <summary>
    /// The file to which ONNX Runtime's profile of all sessions is written, a trace of JSON in Chrome's format; null for none. Recording
    /// takes some microseconds for each node.
    /// </summary>
    public string? ProfilePath { get; init; }

    /// <summary>Sizes of symbolic dimensions, by name.</summary>
    public ImmutableDictionary<string, long> Dimensions { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Throws <see cref="ArgumentException"/> for a number that is out of its range.</summary>
    internal void CheckNumbers()
    {
        if (Provider is { } provider)
            DefinedValue.Check(provider, nameof(Provider));
        if (BatchSize < 1)
            throw new ArgumentException($"{nameof(BatchSize)} is {BatchSize}, and a batch has a sample at least.");
        if (Threads < 0)
            throw new ArgumentException($"{nameof(Threads)} is {Threads}; give a number of threads, or 0 for that of the cores.");
        if (MemoryBytes < 1)
            throw new ArgumentException($"{nameof(MemoryBytes)} is {MemoryBytes}; give the most bytes that the process may take.");
        if (ChunkBytes < 1)
            throw new ArgumentException($"{nameof(ChunkBytes)} is {ChunkBytes}; give the most bytes that the values of a chunk may take.");
        if (CheckpointInterval < TimeSpan.Zero)
            throw new ArgumentException($"{nameof(CheckpointInterval)} is negative.");
    }
}
