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
            "The file of the result: an array for each quantity, named as 'loss' and 'NAME.gradient'.",
            required: true,
            isChecked: true
        );
        var targets = new TargetArguments(required: false, straightThrough: true);
        var loss = new LossArguments(required: false);
        var estimates = new EstimateArguments(adaptive: true);
        var data = new DataArguments();
        var model = new ModelArguments();
        var resources = new ResourceArguments(runs: true);
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
        command.Add(model);
        command.Add(resources);
        command.Add(device);
        command.Add(report);
        var requests = new RequestReader(targets, loss, estimates, model);
        var runs = new RunOptionsReader(model, data, resources, device, output);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                var files = data.FilesOf(parsed);
                string[] read = [model.ModelOf(parsed), .. files.Select(file => file.Path), .. requests.FilesOf(parsed)];
                RealPath.RefuseOverwriting(path, read);
                report.Prepare(parsed, terminal, [path, .. read]);
                var request = requests.Of(parsed);
                var arrays = DataArgument.Load(files);
                ResultFile.CheckWritable(path);
                var run = ProgressView.Show(
                    terminal,
                    "run",
                    progress => service.Prepare(model.ModelOf(parsed), request, arrays, runs.Of(parsed), progress)
                );
                RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(output.Explain));
                var result = RunOutput.Produce(run, path, terminal, parsed.GetValue(output.Details), cancellation);
                terminal.ShowWritten(
                    path,
                    () => report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(result, run.Plan, path)))
                );
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
