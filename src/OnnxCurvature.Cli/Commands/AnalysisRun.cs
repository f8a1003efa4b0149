using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;

namespace OnnxCurvature.Cli.Commands;

/// <summary>Plans and runs the diagonals that a command of the analyzer decides by.</summary>
internal static class AnalysisRun
{
    /// <summary>The curvature of the weights; the plan and the progress are shown unless <paramref name="quiet"/> says otherwise.</summary>
    public static NetworkCurvature Produce(
        AnalysisInput input,
        IEnumerable<string> written,
        Terminal terminal,
        bool quiet,
        CancellationToken cancellation
    )
    {
        foreach (var path in written)
            RealPath.RefuseOverwriting(path, [.. input.Files]);
        var analysis = quiet
            ? input.Prepare(null, cancellation)
            : ProgressView.Show(terminal, "plan", progress => input.Prepare(progress, cancellation));
        foreach (var path in written)
            RealPath.RefuseOverwriting(path, analysis.ModelFiles);
        cancellation.ThrowIfCancellationRequested();
        if (quiet)
            return analysis.Run(null, cancellation);
        AnalysisView.ShowPlan(terminal, analysis, input.Options);
        return ProgressView.Show(terminal, "run", progress => analysis.Run(progress, cancellation));
    }
}
