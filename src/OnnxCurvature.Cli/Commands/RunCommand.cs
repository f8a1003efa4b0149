using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Report;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature run</c>.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var options = new CommandOptions(requests: false);
        var output = CommandOptions.Output(
            "OUT.npz",
            "The file of the result: an array for each quantity, named as 'loss' and 'NAME.gradient'.",
            required: true
        );
        var command = new Command(
            "run",
            "Compute the loss and its derivatives over a data set; for an augmented model leave out --wrt and --loss."
        )
        {
            options.Model,
            output,
            options.WithRespectTo,
            options.Loss,
            options.Reduction,
            options.Classes.Axis,
            options.Classes.IgnoreIndex,
            options.Classes.Smoothing,
            options.Classes.Weights,
            options.Classes.Soft,
            options.Precision,
            options.StraightThrough,
            options.Fixed,
            options.Quantities,
            options.Method,
            options.Probes,
            options.Seed,
            options.TargetError,
            options.Tolerance,
            options.Data,
            options.BatchSize,
            options.AsBlocks,
            options.SampleAxes,
            options.Provider,
            options.Cuda.Device,
            options.Cuda.Memory,
            options.Cuda.Tf32,
            options.Cuda.Search,
            options.Cuda.Library,
            options.Cuda.OnnxRuntime,
            options.Threads,
            options.Memory,
            options.LoadLimit,
            options.Dimensions,
            options.NoCheck,
            options.Explain,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                var model = parsed.GetRequiredValue(options.Model);
                var path = parsed.GetRequiredValue(output)!;
                var files = options.DataOf(parsed);
                RealPath.RefuseOverwriting(path, [model, .. options.FilesOf(parsed)]);
                var request = options.RequestOf(parsed);
                var data = DataArgument.Load(files);
                ResultFile.CheckWritable(path);
                var run = service.Prepare(model, request, data, options.RunOptionsOf(parsed));
                RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(options.Explain));
                RunOutput.Produce(run, path, terminal, cancellation);
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
