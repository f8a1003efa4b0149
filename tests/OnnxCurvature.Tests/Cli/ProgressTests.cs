using System.Text.Json;
using OnnxCurvature.Cli;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>Progress in logs and on terminals, and tables that fit.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly Clock _clock = new();
    private ProgressState? _state;

    [Fact]
    public void The_first_line_comes_within_half_a_second_and_says_what_is_done()
    {
        using var progress = Lines();
        _clock.Pass(0.1);
        Assert.Equal("", _error.ToString());
        _clock.Pass(0.1);
        Assert.Equal("run: loading the model, 0 s elapsed\n", _error.ToString());
    }

    [Fact]
    public void A_line_is_written_for_a_phase_and_for_every_5_percent()
    {
        using var progress = Lines();
        _clock.Pass(1);
        Report(0, 0, RunPhase.Run);
        Report(1, 0.02);
        Report(1, 0.04);
        Report(1, 0.06);
        Report(2, 0.34);
        Assert.Equal(
            "run: loading the model, 0 s elapsed\nrun: chunk, 2 %, 1 s elapsed\nrun: chunk, 34 %, 4 s elapsed, about 6 s left\n",
            _error.ToString()
        );
    }

    [Fact]
    public void A_file_that_is_waited_for_is_named_and_each_has_a_line()
    {
        var terminal = NewTerminal();
        ProgressView.Read(
            terminal,
            "run",
            progress =>
            {
                progress.Reading("a.npy");
                _clock.Pass(0.2);
                _clock.Pass(1);
                progress.Reading("b.npy");
                _clock.Pass(1);
                return 0;
            }
        );
        Assert.Equal("run: reading 'a.npy', 0 s elapsed\nrun: reading 'b.npy', 2 s elapsed\n", _error.ToString());
    }

    [Fact]
    public void After_a_minute_a_line_is_written_however_slow_it_goes()
    {
        using var progress = Lines();
        _clock.Pass(59);
        Assert.Single(_error.ToString().TrimEnd().Split('\n'));
        _clock.Pass(3);
        Assert.Equal(2, _error.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void A_verbose_command_has_a_line_for_every_phase_however_short()
    {
        var terminal = NewTerminal();
        terminal.Verbosity = Verbosity.Verbose;
        ProgressView.Show(
            terminal,
            "run",
            progress =>
            {
                progress.Report(RunProgress.Begin(RunPhase.Plan));
                progress.Report(RunProgress.Begin(RunPhase.Run));
                progress.Report(RunProgress.Begin(RunPhase.Check));
                return 0;
            }
        );
        Assert.Equal(
            "run: planning, 0 s elapsed\nrun: running, 0 s elapsed\nrun: checking, 0 s elapsed\n",
            _error.ToString().Replace("run: loading the model, 0 s elapsed\n", "", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_short_command_writes_no_line()
    {
        using (Lines())
            _clock.Pass(0.1);
        _clock.Pass(10);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void The_time_left_is_that_of_the_last_pace()
    {
        var state = new ProgressState(_clock, _clock.GetTimestamp());
        void At(double seconds, double fraction)
        {
            _clock.Pass(seconds);
            state.Report(new RunProgress(fraction, ""));
        }
        // Half of the work goes within a second, and the rest at a hundredth of it in a second.
        At(1, 0.25);
        At(1, 0.5);
        foreach (var percent in Enumerable.Range(51, 30))
            At(1, percent / 100.0);
        Assert.Equal(20, state.Now.SecondsLeft!.Value, 1e-6);
        _clock.Pass(5);
        Assert.Equal(15, state.Now.SecondsLeft!.Value, 1e-6);
    }

    [Fact]
    public void Progress_is_lines_of_JSON_for_programs()
    {
        var terminal = NewTerminal();
        terminal.LogsJson = true;
        _state = new ProgressState(_clock, terminal.Start);
        using var progress = new ProgressLines(terminal, "run", _state);
        Report(0.5, 0.25);
        using var document = JsonDocument.Parse(_error.ToString());
        Assert.Equal("progress", document.RootElement.GetProperty("event").GetString());
        Assert.Equal("run", document.RootElement.GetProperty("phase").GetString());
        Assert.Equal(0.25, document.RootElement.GetProperty("fraction").GetDouble());
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("secondsLeft").ValueKind);
    }

    [Fact]
    public void Progress_goes_to_the_standard_error_and_none_is_shown_where_quiet_is_asked_for()
    {
        foreach (var isQuiet in new[] { false, true })
        {
            var terminal = NewTerminal();
            terminal.Verbosity = isQuiet ? Verbosity.Quiet : Verbosity.Normal;
            ProgressView.Show(
                terminal,
                "run",
                _ =>
                {
                    _clock.Pass(1);
                    return 0;
                }
            );
            Assert.Equal("", _output.ToString());
            Assert.Equal(!isQuiet, _error.ToString().Length > 0);
            _error.GetStringBuilder().Clear();
        }
    }

    [Fact]
    public void On_a_terminal_a_bar_moves_and_the_result_is_given_on()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: true, width: 80, plain: true);
        Assert.Equal(
            5,
            ProgressView.Show(
                terminal,
                "run",
                progress =>
                {
                    progress.Report(new RunProgress(0.5, "batch [1] of 2"));
                    return 5;
                }
            )
        );
    }

    [Fact]
    public void A_table_fits_a_narrow_terminal()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: true, width: 40, plain: true);
        PlanView.Show(terminal, new PlanOverview([FakeService.ConvPlan with { Target = new string('w', 90) }], [], 3, 1, 1, null));
        Assert.All(_output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 40), throwIfEmpty: true);
    }

    [Fact]
    public void Nothing_wraps_in_a_pipe()
    {
        var terminal = new Terminal(_output, TextWriter.Null, interactive: false);
        var name = string.Join(" ", Enumerable.Repeat("long", 100));
        PlanView.Show(terminal, new PlanOverview([FakeService.ConvPlan with { Target = name, Reason = name }], [], 3, 1, 1, null));
        Assert.Equal(2, _output.ToString().Split('\n').Count(line => line.Contains(name, StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Terminal NewTerminal() => new(_output, _error, interactive: false, time: _clock);

    private ProgressLines Lines()
    {
        var terminal = NewTerminal();
        _state = new ProgressState(_clock, terminal.Start);
        return new ProgressLines(terminal, "run", _state);
    }

    /// <summary>A report, and then some time in which it is seen.</summary>
    private void Report(double seconds, double fraction, RunPhase phase = RunPhase.Run)
    {
        _state!.Report(new RunProgress(fraction, "chunk", phase));
        _clock.Pass(seconds);
    }

    /// <summary>A clock that is set by hand, and calls its timers as time passes.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly List<HandTimer> _timers = [];
        private double _seconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)Math.Round(_seconds * 1000);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new HandTimer(() => callback(state), _seconds + dueTime.TotalSeconds, period.TotalSeconds);
            _timers.Add(timer);
            return timer;
        }

        public void Pass(double seconds)
        {
            var end = _seconds + seconds;
            while (_timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due) is { } next)
            {
                _seconds = next.Due;
                next.Call();
            }
            _seconds = end;
        }
    }

    private sealed class HandTimer(Action call, double due, double period) : ITimer
    {
        public double Due { get; private set; } = due;

        public void Call()
        {
            Due += period;
            call();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => Due = double.PositiveInfinity;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
