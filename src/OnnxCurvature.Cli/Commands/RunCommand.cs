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
        var output = new OutputArguments(
            "OUT.npz",
            "The file of the result. It is an .npz with an array for each quantity, named as 'loss' and 'NAME.gradient', and about.json, "
                + "which says what it is of; or a .safetensors; or, where a folder is named as in out/, a .npy file for each.",
            required: true,
            isChecked: true
        );
        var targets = new TargetArguments(required: false, straightThrough: true);
        var loss = new LossArguments(required: false);
        var estimates = new EstimateArguments(adaptive: true);
        var data = new DataArguments();
        var scaling = new ScalingArguments();
        var samples = new SampleArguments();
        var checkpoints = new CheckpointArguments();
        var model = new ModelArguments();
        var resources = new ResourceArguments(runs: true);
        var device = new DeviceArguments();
        var command = new ToolCommand(
            "run",
            "Compute the loss and its derivatives over a data set; for an augmented model leave out --wrt and --loss."
        )
        {
            model.Model,
            output,
            targets,
            loss,
            estimates,
            data,
            scaling,
            samples,
            checkpoints,
            model,
            resources,
            device,
        };
        var requests = new RequestReader(targets, loss, estimates, model);
        var runs = new RunOptionsReader(model, data, resources, device, output);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var shard = checkpoints.ShardOf(parsed);
                var result = parsed.GetRequiredValue(output.Output)!;
                var path = shard?.FileFor(result) ?? result;
                var sources = scaling.Of(parsed, DataArgument.Open(data.FilesOf(parsed)));
                var options = checkpoints.With(samples.With(runs.Of(parsed), parsed), parsed, path, shard);
                string[] read = [model.ModelOf(parsed), .. sources.Values.SelectMany(source => source.Files), .. requests.FilesOf(parsed)];
                RealPath.RefuseOverwriting(path, read);
                if (options.Checkpoint is { } checkpoint)
                    RealPath.RefuseOverwriting(checkpoint.Path, read);
                var request = requests.Of(parsed);
                ResultFile.CheckWritable(path);
                var run = service.Prepare(model.ModelOf(parsed), request, sources, options);
                RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(output.Explain));
                if (shard is null)
                    RunOutput.Produce(run, path, terminal, cancellation);
                else
                    RunOutput.ProduceShard(run, path, terminal, cancellation);
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
