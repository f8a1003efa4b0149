using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The resources that runs of one program share: the sessions of its steps, their weights, and the pool of memory that these take from.
/// </summary>
internal sealed class RunSessions : IDisposable
{
    private SharedArena? _arena;
    private Func<SharedArena?> _useArena = () => null;
    private (ProgramSchedule Schedule, ScheduleRunner Runner)? _program;

    /// <summary>Whether allocations fail that would exceed the bound on memory.</summary>
    public bool HoldsLimit => _arena is { HoldsLimit: true };

    /// <summary>The weights of all sessions.</summary>
    public SharedWeights Weights { get; } = new();

    /// <summary>Ends the run that goes on, because an allocation failed; says whether it did.</summary>
    public Func<bool> StopForMemory { get; set; } = () => false;

    /// <summary>The schedule of the program and what runs it, which are made at first.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="arena">Takes the pool into use; null where there is none.</param>
    /// <param name="make">Makes the runner of a schedule, given whether there is a pool.</param>
    public (ProgramSchedule Schedule, ScheduleRunner Runner) Of(
        Func<ProgramSchedule> schedule,
        Func<SharedArena?> arena,
        Func<ProgramSchedule, bool, ScheduleRunner> make
    )
    {
        if (_program is null)
        {
            var steps = schedule();
            _arena = (_useArena = arena)();
            _program = (steps, make(steps, _arena is not null));
        }
        return _program.Value;
    }

    /// <summary>Gives all memory of sessions back to the system. The next run makes them again.</summary>
    public void Release()
    {
        _program?.Runner.GiveUpAll();
        Weights.Release();
        _arena?.Dispose();
        // Sessions are made for a pool, or for none.
        _arena = _arena is null ? null : _useArena();
    }

    /// <summary>Gives back to the system what the pool holds and nothing uses.</summary>
    public void GiveBackUnused()
    {
        if (_arena is not null)
            SharedArena.GiveBackUnused();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program?.Runner.Dispose();
        Weights.Dispose();
        _arena?.Dispose();
        (_program, _arena) = (null, null);
    }
}
