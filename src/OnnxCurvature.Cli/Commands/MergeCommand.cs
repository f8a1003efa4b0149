using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
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
        var command = new ToolCommand("merge", "Put the shards of a run together: the result is that of one run, bit for bit.")
        {
            shards,
            output,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                var (path, files) = (parsed.GetRequiredValue(output.Output)!, parsed.GetRequiredValue(shards));
                RealPath.RefuseOverwriting(path, files);
                ResultFile.CheckWritable(path);
                var result = service.Merge(files);
                cancellation.ThrowIfCancellationRequested();
                RunOutput.Write(result, null, path, terminal, cancellation);
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
