using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>How far a command has come, and how long it will take; safe to use from several threads.</summary>
internal sealed class ProgressState(TimeProvider time, long start, RunProgress? first = null) : IProgress<RunProgress>
{
    /// <summary>A pace is taken of the last part of the time, at least of so many seconds, since the pace of a run changes.</summary>
    private const double LeastWindow = 10;

    /// <summary>The share below which no pace is known.</summary>
    private const double LeastFraction = 0.01;

    private readonly Lock _lock = new();
    private readonly Queue<(double Seconds, double Fraction)> _window = new();
    private RunProgress _last = first ?? RunProgress.Begin(RunPhase.Load);
    private double _phaseStart;

    /// <inheritdoc/>
    public void Report(RunProgress value)
    {
        lock (_lock)
        {
            var now = Seconds;
            if (value.Phase != _last.Phase && value.Fraction < _last.Fraction || _window.Count == 0)
            {
                _window.Clear();
                _phaseStart = now;
            }
            _last = value;
            _window.Enqueue((now, value.Fraction));
            var length = Math.Max(LeastWindow, (now - _phaseStart) / 2);
            while (_window.Count > 2 && now - _window.Peek().Seconds > length)
                _window.Dequeue();
        }
    }

    /// <summary>The current state.</summary>
    public ProgressSnapshot Now
    {
        get
        {
            lock (_lock)
                return new ProgressSnapshot(_last.Phase, _last.Message, Math.Clamp(_last.Fraction, 0, 1), Seconds, SecondsLeft());
        }
    }

    private double Seconds => time.GetElapsedTime(start).TotalSeconds;

    /// <summary>The time left at the pace of the window, less what has passed since the last report; null before there is a pace.</summary>
    private double? SecondsLeft()
    {
        if (_window.Count < 2 || _last.Fraction is < LeastFraction or >= 1)
            return null;
        var first = _window.Peek();
        var last = _window.Last();
        return last.Fraction > first.Fraction && last.Seconds > first.Seconds
            ? Math.Max(
                0,
                (1 - last.Fraction) * (last.Seconds - first.Seconds) / (last.Fraction - first.Fraction) - (Seconds - last.Seconds)
            )
            : null;
    }
}

/// <summary>How far a command has come at one moment.</summary>
/// <param name="Phase">The part of the work.</param>
/// <param name="Message">The current step; empty where the phase says it all.</param>
/// <param name="Fraction">The share of the work that is done, from 0 to 1.</param>
/// <param name="Elapsed">Seconds since the command began.</param>
/// <param name="SecondsLeft">About how many seconds are left, or null where nobody knows.</param>
internal sealed record ProgressSnapshot(RunPhase Phase, string Message, double Fraction, double Elapsed, double? SecondsLeft)
{
    /// <summary>The current step, in words.</summary>
    public string What =>
        Message.Length > 0
            ? Message
            : Phase switch
            {
                RunPhase.Load => "loading the model",
                RunPhase.Plan => "planning",
                RunPhase.Calibrate => "measuring the machine",
                RunPhase.Check => "checking",
                _ => "running",
            };

    /// <summary>Elapsed and left, in words.</summary>
    public string Times =>
        $"{Figures.Duration(Math.Floor(Elapsed))} elapsed"
        + (SecondsLeft is { } left ? $", about {Figures.Duration(Math.Ceiling(left))} left" : "");

    /// <summary>The share in whole percent, or nothing where there is none.</summary>
    public string Percent => Fraction > 0 ? FormattableString.Invariant($"{Math.Floor(Fraction * 100):0} %") : "";
}
