using OnnxCurvature.Runtime.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows on the standard error how far a command has come: a bar where a person watches, and lines elsewhere.</summary>
internal static class ProgressView
{
    /// <summary>Does some work, and shows its progress under the command's name.</summary>
    public static T Show<T>(Terminal terminal, string command, Func<IProgress<RunProgress>, T> work) =>
        Show(terminal, command, RunProgress.Begin(RunPhase.Load), work);

    /// <summary>Reads the files of options, and shows which one is read, since one may keep the command waiting.</summary>
    public static T Read<T>(Terminal terminal, string command, Func<IProgress<RunProgress>, T> read) =>
        Show(terminal, command, ReadingProgress.First, read);

    /// <summary>Measures the machine, which reports nothing by itself.</summary>
    public static T Measure<T>(Terminal terminal, string command, Func<T> measure)
    {
        var first = RunProgress.Begin(RunPhase.Calibrate);
        return Show(
            terminal,
            command,
            first,
            progress =>
            {
                progress.Report(first);
                return measure();
            }
        );
    }

    private static T Show<T>(Terminal terminal, string command, RunProgress first, Func<IProgress<RunProgress>, T> work)
    {
        var state = new ProgressState(terminal.Time, terminal.Start, first);
        if (terminal.IsQuiet)
            return work(state);
        if (!terminal.ShowsBar)
        {
            using var lines = new ProgressLines(terminal, command, state);
            return work(lines);
        }
        return terminal
            .ErrorConsole.Progress()
            .AutoClear(true)
            .Columns(
                new StateColumn(state, now => $"{command}: {Printable.Line(now.What)}"),
                new ProgressBarColumn { Width = 20 },
                new StateColumn(state, now => now.Percent),
                new StateColumn(state, now => now.Times)
            )
            .Start(context =>
            {
                var task = context.AddTask(command, maxValue: 1);
                return work(new Bar(state, task));
            });
    }

    /// <summary>A text about the state, which changes also while nothing is reported.</summary>
    private sealed class StateColumn(ProgressState state, Func<ProgressSnapshot, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text(state.Now));
    }

    private sealed class Bar(ProgressState state, ProgressTask task) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            state.Report(value);
            task.Value = Math.Clamp(value.Fraction, 0, 1);
        }
    }
}
