using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature verify</c>.</summary>
internal static class VerifyCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var output = new OutputArguments(
            "OUT.npz",
            "Also run over all data, and write the result as 'run' does [default: nothing is written].",
            required: false,
            isChecked: true
        );
        var entries = new SampledEntryArguments();
        var targets = new TargetArguments(absent: null, straightThrough: false);
        var loss = new LossArguments(absent: null);
        var data = new DataArguments();
        var scaling = new ScalingArguments();
        var model = new ModelArguments();
        var resources = new ResourceArguments(runs: true);
        var device = new DeviceArguments();
        var report = new ReportArguments();
        var command = new ToolCommand(
            "verify",
            "Check the gradient and the Hessian diagonal of one batch at sampled entries against differences in double precision; the "
                + "exit code is 1 where they do not agree."
        )
        {
            Examples =
            [
                "onnx-curvature verify vgg16.onnx --wrt conv4_3.weight --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--samples 8",
            ],
            First =
            [
                targets.WithRespectTo,
                loss.Loss,
                data.Data,
                entries.Samples,
                entries.Seed,
                data.BatchSize,
                targets.Precision,
                resources.Memory,
                output.Output,
            ],
        };
        command.Add(model.Model);
        command.Add(entries);
        command.Add(targets);
        command.Add(loss);
        command.Add(data);
        command.Add(scaling);
        command.Add(output);
        command.Add(model);
        command.Add(resources);
        command.Add(device);
        command.Add(report);
        var requests = new RequestReader(targets, loss, estimates: null, model);
        var runs = new RunOptionsReader(model, data, resources, device, output);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var request = ProgressView.Read(terminal, "verify", progress => requests.Of(parsed, progress))!;
                var sources = scaling.Of(
                    parsed,
                    ProgressView.Read(terminal, "verify", progress => DataArgument.Open(data.FilesOf(parsed), progress))
                );
                var path = parsed.GetValue(output.Output);
                string[] read = [model.ModelOf(parsed), .. sources.Values.SelectMany(source => source.Files), .. requests.FilesOf(parsed)];
                if (path is not null)
                {
                    RealPath.RefuseOverwriting(path, read);
                    ResultFile.CheckWritable(path);
                }
                report.Prepare(parsed, terminal, path is null ? read : [path, .. read]);
                var options = runs.Of(parsed);
                // Where nothing is written, what is checked is planned, and no more.
                var planned = path is null ? request with { Quantities = [Quantity.Gradient, Quantity.HessianDiagonal] } : request;
                var run = ProgressView.Show(
                    terminal,
                    "verify",
                    progress => service.Prepare(model.ModelOf(parsed), planned, sources, options, progress)
                );
                if (path is not null)
                    RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(output.Explain));
                if (path is not null)
                {
                    RunOutput.Produce(run, path, terminal, parsed.GetValue(output.Details), _ => { }, cancellation);
                    terminal.Line();
                }
                var found = ProgressView.Show(
                    terminal,
                    "verify",
                    progress =>
                        service.Verify(
                            model.ModelOf(parsed),
                            request,
                            sources,
                            options,
                            entries.SamplesOf(parsed),
                            entries.SeedOf(parsed),
                            progress,
                            cancellation
                        )
                );
                cancellation.ThrowIfCancellationRequested();
                report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(found, run.Plan)));
                VerifyView.Show(terminal, found);
                return Task.FromResult(found.Agrees ? ExitCodes.Success : ExitCodes.Disagreement);
            }
        );
        return command;
    }
}
