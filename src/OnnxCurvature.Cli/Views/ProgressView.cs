using OnnxCurvature.Runtime;
using Spectre.Console;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows how far a run has come: a bar that moves where a person watches, and lines now and then elsewhere.</summary>
internal static class ProgressView
{
    /// <summary>Does some work, and shows its progress under a title.</summary>
    public static T Show<T>(Terminal terminal, string title, Func<IProgress<RunProgress>, T> work)
    {
        if (!terminal.IsInteractive)
            return work(new ProgressLines(terminal, title));
        return terminal.Console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context.AddTask(title, maxValue: 1), title)));
    }

    private sealed class Bar(ProgressTask task, string title) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            task.Description = Markup.Escape(value.Message.Length == 0 ? title : $"{title}, {value.Message}");
            task.Value = Math.Clamp(value.Fraction, 0, 1);
        }
    }
}
