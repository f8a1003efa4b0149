using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
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
        var targets = new TargetArguments("for an augmented model", straightThrough: true);
        var loss = new LossArguments("for an augmented model");
        var estimates = new EstimateArguments(adaptive: true);
        var data = new DataArguments();
        var scaling = new ScalingArguments();
        var samples = new SampleArguments();
        var checkpoints = new CheckpointArguments();
        var model = new ModelArguments();
        var resources = new ResourceArguments(runs: true, profiles: true);
        var device = new DeviceArguments();
        var report = new ReportArguments();
        var command = new ToolCommand(
            "run",
            "Compute the loss and its derivatives over a data set; for an augmented model leave out --wrt and --loss."
        )
        {
            Examples =
            [
                "onnx-curvature run vgg16.onnx -o conv4_3.npz --wrt conv4_3.weight --loss cross-entropy --data image=images.npy "
                    + "labels=labels.npy",
                "onnx-curvature run model.onnx -o first.npz --wrt 'fc.weight[0:16]' --loss mse --reduction sum --data x=x.npy target=y.npy "
                    + "--memory 4G",
                "onnx-curvature run vgg16.curvature.onnx -o conv4_3.npz --data image=images.npy labels=labels.npy",
            ],
            First =
            [
                output.Output,
                targets.WithRespectTo,
                loss.Loss,
                targets.Quantities,
                data.Data,
                data.BatchSize,
                targets.Precision,
                estimates.Method,
                resources.Memory,
                device.Provider,
                output.Explain,
            ],
        };
        command.Add(model.Model);
        command.Add(output);
        command.Add(targets);
        command.Add(loss);
        command.Add(estimates);
        command.Add(data);
        command.Add(scaling);
        command.Add(samples);
        command.Add(checkpoints);
        command.Add(model);
        command.Add(resources);
        command.Add(device);
        command.Add(report);
        var requests = new RequestReader(targets, loss, estimates, model);
        var runs = new RunOptionsReader(model, data, resources, device, output);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var shard = checkpoints.ShardOf(parsed);
                var named = parsed.GetRequiredValue(output.Output)!;
                var path = shard?.FileFor(named) ?? named;
                var sources = scaling.Of(
                    parsed,
                    ProgressView.Read(terminal, "run", progress => DataArgument.Open(data.FilesOf(parsed), progress))
                );
                var options = checkpoints.With(samples.With(runs.Of(parsed), parsed), parsed, path, shard);
                string[] read = [model.ModelOf(parsed), .. sources.Values.SelectMany(source => source.Files), .. requests.FilesOf(parsed)];
                RealPath.RefuseOverwriting(path, read);
                if (options.Checkpoint is { } checkpoint)
                    RealPath.RefuseOverwriting(checkpoint.Path, [path, .. read]);
                if (shard is not null && parsed.GetResult(report.Json) is not null)
                    throw new UserErrorException("--json reports a result, and a shard is only a part of one; give it to 'merge'.");
                string[] used = [path, .. read, .. options.Checkpoint is { } kept ? [kept.Path] : Array.Empty<string>()];
                options = options with { ProfilePath = resources.ProfileOf(parsed, used) };
                report.Prepare(parsed, terminal, options.ProfilePath is { } profile ? [profile, .. used] : used);
                var request = ProgressView.Read(terminal, "run", progress => requests.Of(parsed, progress));
                ResultFile.CheckWritable(path);
                var run = ProgressView.Show(
                    terminal,
                    "run",
                    progress => service.Prepare(model.ModelOf(parsed), request, sources, options, progress)
                );
                RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(output.Explain));
                if (shard is not null)
                {
                    RunOutput.ProduceShard(run, path, terminal, cancellation);
                    return Task.FromResult(ExitCodes.Success);
                }
                RunOutput.Produce(
                    run,
                    path,
                    terminal,
                    parsed.GetValue(output.Details),
                    result => report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(result, run.Plan, path))),
                    cancellation
                );
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
