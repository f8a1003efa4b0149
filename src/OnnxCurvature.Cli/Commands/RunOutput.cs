using OnnxCurvature.Cli.Views;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Commands;

/// <summary>Runs what was planned, and writes and shows the result.</summary>
internal static class RunOutput
{
    /// <summary>How long an interrupted run may take to write what it has done.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs, writes the result and a report of it, and shows it.</summary>
    public static void Produce(
        IPlannedRun run,
        string path,
        Terminal terminal,
        bool details,
        Action<CurvatureResult> report,
        CancellationToken cancellation
    )
    {
        terminal.Patience = Patience;
        var result = ProgressView.Show(terminal, "run", progress => run.Run(progress, cancellation));
        Write(result, run.Plan, path, terminal, details, () => report(result), cancellation);
    }

    /// <summary>Runs a shard.</summary>
    public static void ProduceShard(IPlannedRun run, string path, Terminal terminal, CancellationToken cancellation)
    {
        terminal.Patience = Patience;
        var done = ProgressView.Show(terminal, "run", progress => run.RunShard(path, progress, cancellation));
        terminal.ShowWritten(path, () => terminal.Line($"Written to {path}: {done}; 'onnx-curvature merge' puts all shards together."));
    }

    /// <summary>
    /// Writes and shows a result. A standard output that takes nothing keeps no report from its file, so the report comes first.
    /// </summary>
    public static void Write(
        CurvatureResult result,
        PlanOverview plan,
        string path,
        Terminal terminal,
        bool details,
        Action report,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        ResultFile.Write(path, result, cancellation);
        terminal.ShowWritten(
            path,
            () =>
            {
                report();
                SummaryView.Show(terminal, result, plan, details);
                // The plan's notes are shown before the run.
                foreach (var note in result.Notes.Except(plan.Notes))
                    terminal.Item(note);
                terminal.Line($"Written to {path}: {Lists.Short(result.Tensors.Select(tensor => tensor.Name))}");
            }
        );
    }
}
