using OnnxCurvature.Cli.Views;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Commands;

/// <summary>Runs what was planned, and writes and shows the result.</summary>
internal static class RunOutput
{
    /// <summary>Runs, and returns the result.</summary>
    public static CurvatureResult Produce(IPlannedRun run, string path, Terminal terminal, bool details, CancellationToken cancellation)
    {
        var result = ProgressView.Show(terminal, "run", progress => run.Run(progress, cancellation));
        cancellation.ThrowIfCancellationRequested();
        ResultFile.Write(path, result, cancellation);
        terminal.ShowWritten(
            path,
            () =>
            {
                SummaryView.Show(terminal, result, run.Plan, details);
                foreach (var note in result.Notes)
                    terminal.Item(note);
                terminal.Line($"Written to {path}: {Lists.Short(result.Tensors.Select(tensor => tensor.Name))}");
            }
        );
        return result;
    }
}
