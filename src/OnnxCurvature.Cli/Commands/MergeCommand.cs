using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Report;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature merge</c>.</summary>
internal static class MergeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var shards = new Argument<string[]>("SHARD")
        {
            Description = "The files of all shards, in any order.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new MergedOutputArguments();
        var report = new ReportArguments();
        var command = new ToolCommand("merge", "Put the shards of a run together: the result is that of one run, bit for bit.")
        {
            Examples = ["onnx-curvature merge -o out.npz out.shard-001-of-002.npz out.shard-002-of-002.npz"],
        };
        command.Add(shards);
        command.Add(output);
        command.Add(report);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var (path, files) = (parsed.GetRequiredValue(output.Output)!, parsed.GetRequiredValue(shards));
                RealPath.RefuseOverwriting(path, files);
                report.Prepare(parsed, terminal, [path, .. files]);
                ResultFile.CheckWritable(path);
                var result = service.Merge(files);
                cancellation.ThrowIfCancellationRequested();
                var plan = new PlanOverview([], result.Notes, result.Batches, null, null, null) { Nodes = result.Nodes };
                PlanView.Notes(terminal, plan.Notes);
                RunOutput.Write(
                    result,
                    plan,
                    path,
                    terminal,
                    parsed.GetValue(output.Details),
                    () => report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(result, plan, path))),
                    cancellation
                );
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
