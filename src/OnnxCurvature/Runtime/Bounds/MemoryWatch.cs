namespace OnnxCurvature.Runtime.Bounds;

/// <summary>
/// Measures what the process holds while a run goes on. Near the bound, memory that .NET no longer needs is given back; where that is not
/// enough, the run is stopped before it exceeds the bound.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    /// <summary>The share of the bound from which memory is given back.</summary>
    private const double TrimShare = 0.9;

    /// <summary>
    /// The share at which the run is stopped, with as much more as was taken since the last measurement, since the next one may find the
    /// same again.
    /// </summary>
    private const double StopShare = 0.97;

    /// <summary>The largest share that is left for the node that runs, since what is larger is foreseen when the run is planned.</summary>
    private const double LargestNodeShare = 1.0 / 8;

    /// <summary>Giving memory back takes some hundredths of a second.</summary>
    private static readonly TimeSpan BetweenTrims = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenMeasurements = TimeSpan.FromMilliseconds(10);

    private readonly double _most;
    private readonly Func<long> _measure;
    private readonly Action _trim;
    private readonly CancellationToken _cancellation;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _ended = new();
    private CancellationTokenSource _stop;
    private long _trimmed;
    private long? _last;
    private bool _isDisposed;

    /// <summary>Watches over a run of this process.</summary>
    /// <param name="bound">The most that it may hold.</param>
    /// <param name="measure">The bytes that the process holds.</param>
    /// <param name="cancellation">Ends the run for other reasons.</param>
    public MemoryWatch(MemoryBound bound, Func<long> measure, CancellationToken cancellation)
        : this(
            bound,
            measure,
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true),
            cancellation
        ) { }

    /// <summary>The same, with a way to give memory back.</summary>
    public MemoryWatch(MemoryBound bound, Func<long> measure, Action trim, CancellationToken cancellation)
    {
        _most = bound.Bytes + bound.HeldBefore;
        (_measure, _trim, _cancellation) = (measure, trim, cancellation);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _trimmed = Environment.TickCount64 - (long)BetweenTrims.TotalMilliseconds;
        // A timer of the pool waits for one of its threads, which are few and at work on a busy machine.
        new Thread(MeasureUntilTheEnd) { IsBackground = true }.Start();
    }

    /// <summary>
    /// The bytes that one node makes at most. ONNX Runtime ends a run between two nodes, and the memory of a value counts as held only once
    /// the node has written it.
    /// </summary>
    public double NodeBytes { get; init; }

    /// <summary>Ends what the run computes, for memory or where it is cancelled.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the run was stopped for its memory.</summary>
    public bool HasStopped { get; private set; }

    private double StopAt => _most - Math.Max((1 - StopShare) * _most, Math.Min(NodeBytes, LargestNodeShare * _most));

    private double TrimAt => Math.Min(TrimShare * _most, StopAt);

    /// <summary>Lets the run go on after it was stopped.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            _stop.Dispose();
            _stop = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
            HasStopped = false;
        }
    }

    /// <summary>Ends what the run computes, because an allocation failed; says whether it did.</summary>
    public bool Stop()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return false;
            HasStopped = true;
            _stop.Cancel();
            return true;
        }
    }

    /// <summary>Gives back at once what .NET no longer needs.</summary>
    public void Trim()
    {
        lock (_gate)
            _trim();
    }

    /// <summary>Measures once, and does what is to be done before so many bytes more are allocated.</summary>
    public void Measure(long expected)
    {
        lock (_gate)
        {
            if (_isDisposed || HasStopped)
                return;
            var held = _measure();
            var soon = expected + Math.Max(0, (double)held - (_last ?? held));
            _last = held;
            if (held + soon < TrimAt)
                return;
            if (Environment.TickCount64 - _trimmed >= BetweenTrims.TotalMilliseconds || held + soon >= StopAt)
            {
                _trim();
                _trimmed = Environment.TickCount64;
                _last = _measure();
            }
            if (_last + soon < StopAt)
                return;
            HasStopped = true;
            _stop.Cancel();
        }
    }

    private void MeasureUntilTheEnd()
    {
        while (!_ended.Wait(BetweenMeasurements))
            Measure(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _ended.Set();
            _stop.Dispose();
        }
    }
}

/// <summary>A run was stopped since its process came to the bound on memory.</summary>
internal sealed class MemoryExceededException : Exception;
