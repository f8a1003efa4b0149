using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature inspect</c>.</summary>
internal static class InspectCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var model = new ModelArguments();
        var report = new ReportArguments();
        var command = new ToolCommand(
            "inspect",
            "Show a model's inputs, outputs, weights and operators, which losses fit, and how each Hessian diagonal would be computed."
        )
        {
            Examples = ["onnx-curvature inspect vgg16.onnx", "onnx-curvature inspect model.onnx --dim N=8 --json -"],
        };
        command.Add(model.Model);
        command.Add(report);
        command.Add(model);
        command.SetAction(
            (parsed, cancellation) =>
            {
                report.Prepare(parsed, terminal, [model.ModelOf(parsed), .. model.FilesOf(parsed).SelectMany(file => file.Patterns)]);
                var found = ProgressView.Show(terminal, "inspect", Inspect);
                report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(found)));
                InspectView.Show(terminal, found);
                return Task.FromResult(ExitCodes.Success);

                InspectReport Inspect(IProgress<RunProgress> progress) =>
                    service.Inspect(
                        model.ModelOf(parsed),
                        model.DimensionsOf(parsed),
                        model.FixedOf(parsed, progress),
                        model.LoadLimitsOf(parsed),
                        progress,
                        cancellation
                    );
            }
        );
        return command;
    }
}
