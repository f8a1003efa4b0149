using System.Text.Json;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>
/// Progress for logs, on the standard error. The first line comes within half a second; then one when the phase or the file that is read
/// changes, 5 % more are done, or a minute has passed. So a short command writes none, and a run of a night no more than a log can bear. A
/// verbose one also has a line for a phase that is over before the next look.
/// </summary>
internal sealed class ProgressLines : IProgress<RunProgress>, IDisposable
{
    private const double Step = 0.05;
    private const double VerboseStep = 0.01;

    // A process may take a third of a second to come here.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.15);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const double Longest = 60;

    private readonly Lock _lock = new();
    private readonly Terminal _terminal;
    private readonly string _title;
    private readonly ProgressState _state;
    private readonly ITimer _timer;
    private ProgressSnapshot? _shown;
    private bool _isOver;

    /// <summary>Begins to write lines.</summary>
    public ProgressLines(Terminal terminal, string title, ProgressState state)
    {
        _terminal = terminal;
        _title = title;
        _state = state;
        _timer = terminal.Time.CreateTimer(_ => Tick(), null, terminal.IsVerbose ? TimeSpan.Zero : First, Period);
    }

    /// <inheritdoc/>
    public void Report(RunProgress value)
    {
        _state.Report(value);
        if (_terminal.IsVerbose)
            Tick();
    }

    /// <summary>Writes a line where one is due.</summary>
    private void Tick()
    {
        lock (_lock)
        {
            var now = _state.Now;
            var step = _terminal.IsVerbose ? VerboseStep : Step;
            if (
                _isOver
                || now.Fraction >= 1
                || _shown is { } shown
                    && now.Phase == shown.Phase
                    && (now.Phase != RunPhase.Load || now.Message == shown.Message)
                    && Math.Abs(now.Fraction - shown.Fraction) < step
                    && now.Elapsed - shown.Elapsed < Longest
            )
                return;
            _shown = now;
            if (_terminal.LogsJson)
                _terminal.Log("progress", json => Write(json, now));
            else
                _terminal.Log($"{_title}: {now.What}{(now.Percent.Length > 0 ? $", {now.Percent}" : "")}, {now.Times}");
        }
    }

    private void Write(Utf8JsonWriter json, ProgressSnapshot now)
    {
        json.WriteString("command", _title);
        json.WriteString("phase", JsonNamingPolicy.CamelCase.ConvertName(now.Phase.ToString()));
        json.WriteString("message", now.What);
        json.WriteNumber("fraction", Math.Round(now.Fraction, 4));
        json.WriteNumber("elapsedSeconds", Math.Round(now.Elapsed, 2));
        if (now.SecondsLeft is { } left)
            json.WriteNumber("secondsLeft", Math.Round(left, 2));
        else
            json.WriteNull("secondsLeft");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        // A line that is being written ends before what comes after the work.
        lock (_lock)
            _isOver = true;
    }
}
