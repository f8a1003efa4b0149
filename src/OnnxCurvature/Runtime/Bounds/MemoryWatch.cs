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
    /// The share at which the run is stopped. The rest is for what is taken until the next measurement, and until the node that runs ends.
    /// </summary>
    private const double StopShare = 0.97;

    /// <summary>Giving memory back takes some hundredths of a second.</summary>
    private static readonly TimeSpan BetweenTrims = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenMeasurements = TimeSpan.FromMilliseconds(10);

    private readonly double _trimAt;
    private readonly double _stopAt;
    private readonly Func<long> _measure;
    private readonly Action _trim;
    private readonly CancellationToken _cancellation;
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private CancellationTokenSource _stop;
    private long _trimmed;
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
        var most = bound.Bytes + bound.HeldBefore;
        (_trimAt, _stopAt) = (TrimShare * most, StopShare * most);
        (_measure, _trim, _cancellation) = (measure, trim, cancellation);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _trimmed = Environment.TickCount64 - (long)BetweenTrims.TotalMilliseconds;
        _timer = new Timer(_ => MeasureIfFree());
        _timer.Change(BetweenMeasurements, BetweenMeasurements);
    }

    /// <summary>Ends what the run computes, for memory or where it is cancelled.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the run was stopped for its memory.</summary>
    public bool HasStopped { get; private set; }

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
            if (_isDisposed || HasStopped || _measure() + expected < _trimAt)
                return;
            if (Environment.TickCount64 - _trimmed >= BetweenTrims.TotalMilliseconds || _measure() + expected >= _stopAt)
            {
                _trim();
                _trimmed = Environment.TickCount64;
            }
            if (_measure() + expected < _stopAt)
                return;
            HasStopped = true;
            _stop.Cancel();
        }
    }

    /// <summary>A measurement that takes longer than the time between two of them is not made twice.</summary>
    private void MeasureIfFree()
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            Measure(0);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
            _stop.Dispose();
        }
    }
}

/// <summary>A run was stopped since its process came to the bound on memory.</summary>
internal sealed class MemoryExceededException : Exception;
