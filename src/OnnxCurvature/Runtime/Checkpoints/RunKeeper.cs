using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Files;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>Keeps what a run has done: which part of the work it makes, from where it goes on, and when a checkpoint is due.</summary>
/// <param name="shard">The part of the work.</param>
/// <param name="options">The checkpoint; null for none.</param>
/// <param name="identity">The identity of the run.</param>
/// <param name="info">The part of a state that the summary needs.</param>
internal sealed class RunKeeper(Shard shard, CheckpointOptions? options, Func<RunIdentity> identity, Func<RunState, ShardFileInfo> info)
{
    /// <summary>A checkpoint takes at most one part of so many of the time.</summary>
    private const double ShareOfTime = 100;

    /// <summary>Who asks for checkpoints more often than this wants to lose less than several units.</summary>
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _due = options?.Every ?? TimeSpan.MaxValue;

    /// <summary>The random directions of the run; 0 where there are none.</summary>
    public int Probes { get; init; }

    /// <summary>Whether a checkpoint is written over that was left by the same run, before it was planned anew.</summary>
    public bool BeginsAnew { get; init; }

    /// <summary>The file system that makes, moves and removes the file.</summary>
    public IFileSystem Files { get; init; } = SystemFiles.Instance;

    /// <summary>Whether every unit is to be kept as soon as it is done.</summary>
    public bool KeepsEachUnit => options?.Every < Often;

    /// <summary>The part of the work.</summary>
    public Shard Shard => shard;

    /// <summary>
    /// The state from which the run goes on. Throws <see cref="UserErrorException"/> for a checkpoint of another run, for one that would be
    /// lost since nobody asked to go on from it, and for one that cannot be written.
    /// </summary>
    public RunState Begin(UnitRange units, ImmutableArray<StateOutput> outputs)
    {
        if (options is not null)
            AtomicFile.CheckWritable(options.Path, Files);
        if (options is null || BeginsAnew || !File.Exists(options.Path))
            return new RunState(units, outputs) { Probes = Probes };
        if (!options.Resumes)
            throw new UserErrorException(
                $"'{options.Path}' keeps what an earlier run has done; give --resume to go on from it, or remove it to begin anew."
            );
        var (other, _, theirs, _) = StateFile.ReadIdentity(options.Path);
        var difference =
            identity().DifferenceTo(other, "here", "there") ?? (theirs == units ? null : "the part of the work is another there");
        return difference is null
            ? StateFile.Read(options.Path)
            : throw new UserErrorException(
                $"'{options.Path}' is of another run, because {difference}; give the same command, or remove the file to begin anew."
            );
    }

    /// <summary>Writes a checkpoint if one is due.</summary>
    public void Offer(Func<RunState> state)
    {
        if (_clock.Elapsed < _due)
            return;
        var start = _clock.Elapsed;
        Save(state());
        var taken = _clock.Elapsed - start;
        var wait = options!.Every > TimeSpan.Zero ? Math.Max(options.Every.Ticks, (long)(taken.Ticks * ShareOfTime)) : 0;
        _due = _clock.Elapsed + TimeSpan.FromTicks(wait);
    }

    /// <summary>
    /// Writes what was done until the run was interrupted, and gives what is to be said of it; null where nothing is kept or was done.
    /// </summary>
    public InterruptedRunException? Interrupt(RunState state, CancellationToken cancellation)
    {
        if (options is null || state.Next == state.Units.Start)
            return null;
        Save(state);
        return new InterruptedRunException(options.Path, state.Progress, cancellation);
    }

    /// <summary>
    /// Removes the checkpoint of a run that is complete. Where that is not possible it gives a sentence, since the results are worth more.
    /// </summary>
    public string? Finish()
    {
        try
        {
            if (options is not null)
                Files.Delete(options.Path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"'{options!.Path}', which kept what was done, could not be removed ({UserFile.OneLine(exception)}); remove it.";
        }
    }

    private void Save(RunState state) => StateFile.Write(options!.Path, identity(), state, info(state), Files);
}
