using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature augment</c>.</summary>
internal static class AugmentCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var output = new OutputArguments("OUT.onnx", "The file to write.", required: true, isChecked: false);
        var targets = new TargetArguments("with --layout casadi", straightThrough: true);
        var loss = new LossArguments("with --layout casadi");
        var estimates = new EstimateArguments(adaptive: false);
        var file = new FileArguments();
        var model = new ModelArguments();
        var resources = new ResourceArguments(runs: false);
        var report = new ReportArguments();
        var command = new ToolCommand(
            "augment",
            "Write a model that computes the loss and its derivatives besides what it computed before, in standard operators."
        )
        {
            Examples =
            [
                "onnx-curvature augment vgg16.onnx -o vgg16.curvature.onnx --wrt conv4_3.weight --loss cross-entropy",
                "onnx-curvature augment model.onnx -o out.onnx --wrt 'encoder.*.weight' --loss mse:prediction --quantity ggn-diagonal "
                    + "--embed",
                "onnx-curvature augment vgg16.onnx -o vgg16.portable.onnx --wrt conv4_3.weight --loss cross-entropy --profile portable",
            ],
            First =
            [
                output.Output,
                targets.WithRespectTo,
                loss.Loss,
                targets.Quantities,
                file.Profile,
                file.Opset,
                file.Embed,
                resources.Memory,
                output.Explain,
            ],
        };
        command.Add(model.Model);
        command.Add(output);
        command.Add(targets);
        command.Add(loss);
        command.Add(estimates);
        command.Add(file);
        command.Add(model);
        command.Add(resources);
        command.Add(report);
        var requests = new RequestReader(targets, loss, estimates, model);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                RealPath.RefuseOverwriting(path, [model.ModelOf(parsed), .. requests.FilesOf(parsed)]);
                report.Prepare(parsed, terminal, [path, model.ModelOf(parsed), .. requests.FilesOf(parsed)]);
                var request = ProgressView.Read(terminal, "augment", progress => requests.Of(parsed, progress));
                var dimensions = model.DimensionsOf(parsed);
                if (parsed.GetValue(file.Layout) is not null)
                {
                    var files = service.AugmentForCasadi(
                        model.ModelOf(parsed),
                        path,
                        file.CasadiOptionsOf(parsed, request, model),
                        ProgressView.Read(terminal, "augment", progress => model.FixedOf(parsed, progress))
                    );
                    terminal.ShowWritten(path, () => AugmentView.Show(terminal, files));
                    return Task.FromResult(ExitCodes.Success);
                }
                if (request is null)
                    throw new UserErrorException("Nothing is asked for; give --wrt and --loss, or --layout casadi.");
                var written = ProgressView.Show(
                    terminal,
                    "augment",
                    progress =>
                        service.Augment(
                            model.ModelOf(parsed),
                            request,
                            path,
                            new AugmentOptions
                            {
                                Opset = parsed.GetValue(file.Opset),
                                Profile = file.ProfileOf(parsed),
                                Target = file.TargetOf(parsed),
                                Embed = parsed.GetValue(file.Embed),
                                TestData = parsed.GetValue(file.TestData),
                                Contract = file.ContractOf(parsed),
                                Dimensions = dimensions,
                                Progress = progress,
                                Cancellation = cancellation,
                                LoadLimits = model.LoadLimitsOf(parsed),
                                Limits = new PlanLimits
                                {
                                    Provider = file.ProviderOf(parsed),
                                    MemoryBytes = resources.MemoryOf(parsed) ?? new PlanLimits().MemoryBytes,
                                    Dimensions = dimensions,
                                },
                            }
                        )
                );
                terminal.ShowWritten(
                    path,
                    () =>
                    {
                        report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(written)));
                        AugmentView.Show(terminal, written, parsed.GetValue(output.Explain));
                    }
                );
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
