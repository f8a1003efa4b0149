using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>
/// Progress for logs. A line is written when 5 % more are done, but not within a second of the last; and after a minute without
/// one. So a run of a second writes none, and a run of a night no more than a log can bear.
/// </summary>
internal sealed class ProgressLines(Terminal terminal, string title) : IProgress<RunProgress>
{
    private const double Step = 0.05;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _start = terminal.Time.GetTimestamp();
    private double _shown;
    private TimeSpan _shownAt;

    /// <inheritdoc/>
    public void Report(RunProgress value)
    {
        lock (_lock)
        {
            var elapsed = terminal.Time.GetElapsedTime(_start);
            var since = elapsed - _shownAt;
            if (value.Fraction >= 1 || since < Shortest || value.Fraction - _shown < Step && since < Longest)
                return;
            (_shown, _shownAt) = (value.Fraction, elapsed);
            var left =
                value.Fraction > 0 ? $", about {Figures.Duration(elapsed.TotalSeconds * (1 - value.Fraction) / value.Fraction)} left" : "";
            terminal.Line($"{title}: {Math.Floor(value.Fraction * 100):0} %{left} ({value.Message})");
            terminal.Output.Flush();
        }
    }
}
