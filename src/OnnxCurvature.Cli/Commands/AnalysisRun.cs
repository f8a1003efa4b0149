using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;

namespace OnnxCurvature.Cli.Commands;

/// <summary>Plans and runs the diagonals that a command of the analyzer decides by.</summary>
internal static class AnalysisRun
{
    /// <summary>The curvature of the weights; the plan and the progress are shown.</summary>
    public static NetworkCurvature Produce(
        AnalysisInput input,
        IEnumerable<string> written,
        Terminal terminal,
        CancellationToken cancellation
    )
    {
        foreach (var path in written)
            RealPath.RefuseOverwriting(path, [.. input.Files]);
        var analysis = ProgressView.Show(terminal, "analyze", progress => input.Prepare(progress, cancellation));
        foreach (var path in written)
            RealPath.RefuseOverwriting(path, analysis.ModelFiles);
        cancellation.ThrowIfCancellationRequested();
        AnalysisView.ShowPlan(terminal, analysis, input.Options);
        return ProgressView.Show(terminal, "analyze", progress => analysis.Run(progress, cancellation));
    }
}
