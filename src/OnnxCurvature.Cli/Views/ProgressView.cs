using OnnxCurvature.Runtime.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows how far a run has come: a bar that moves where a person watches, and lines now and then elsewhere.</summary>
internal static class ProgressView
{
    /// <summary>Does some work, and shows its progress under a title.</summary>
    public static T Show<T>(Terminal terminal, string title, Func<IProgress<RunProgress>, T> work)
    {
        if (!terminal.IsInteractive)
            return work(new ProgressLines(terminal, title));
        return terminal
            .Console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new TimeLeftColumn(terminal.Time)
            )
            .Start(context => work(new Bar(context.AddTask(title, maxValue: 1), title)));
    }

    /// <summary>The time left at the average pace from the start; nothing until there is a pace to speak of.</summary>
    private sealed class TimeLeftColumn(TimeProvider time) : ProgressColumn
    {
        private const double Least = 0.01;

        private readonly long _start = time.GetTimestamp();

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(
                task.Value is < Least or >= 1
                    ? ""
                    : $"{Figures.Duration(Math.Ceiling(time.GetElapsedTime(_start).TotalSeconds * (1 - task.Value) / task.Value))} left"
            );
    }

    private sealed class Bar(ProgressTask task, string title) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            task.Description = Markup.Escape(Printable.Line(value.Message.Length == 0 ? title : $"{title}, {value.Message}"));
            task.Value = Math.Clamp(value.Fraction, 0, 1);
        }
    }
}
