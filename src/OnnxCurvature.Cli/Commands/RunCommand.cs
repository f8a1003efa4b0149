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
            "The file of the result: an array for each quantity, named as 'loss' and 'NAME.gradient'.",
            required: true,
            isChecked: true
        );
        var targets = new TargetArguments(required: false, straightThrough: true);
        var loss = new LossArguments(required: false);
        var estimates = new EstimateArguments(adaptive: true);
        var data = new DataArguments();
        var scaling = new ScalingArguments();
        var samples = new SampleArguments();
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
            model,
            resources,
            device,
        };
        var requests = new RequestReader(targets, loss, estimates, model);
        var runs = new RunOptionsReader(model, data, resources, device, output);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                var sources = scaling.Of(parsed, DataArgument.Open(data.FilesOf(parsed)));
                RealPath.RefuseOverwriting(path, [model.ModelOf(parsed), .. sources.Values.SelectMany(source => source.Files), .. requests.FilesOf(parsed)]);
                var request = requests.Of(parsed);
                ResultFile.CheckWritable(path);
                var run = service.Prepare(model.ModelOf(parsed), request, sources, samples.With(runs.Of(parsed), parsed));
                RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(output.Explain));
                RunOutput.Produce(run, path, terminal, cancellation);
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
