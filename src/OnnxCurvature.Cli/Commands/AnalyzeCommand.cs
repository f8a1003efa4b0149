using System.CommandLine;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature analyze</c>.</summary>
internal static class AnalyzeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "REPORT",
            "The report. A name that ends in .html gives one page; any other a folder with report.html, report.json and report.csv.",
            required: true,
            isChecked: true
        );
        var inputs = new AnalysisInputs(output);
        var command = new ToolCommand(
            "analyze",
            "Report the curvature of every weight: exact diagonals as far as a budget of time goes, and estimates with errors beyond."
        )
        {
            Examples =
            [
                "onnx-curvature analyze vgg16.onnx -o report --loss cross-entropy --data image=images.npy labels=labels.npy --budget 5m",
                "onnx-curvature analyze vgg16.onnx -o conv.html --wrt 'conv*.weight' --loss cross-entropy --data image=images.npy "
                    + "labels=labels.npy",
            ],
        };
        inputs.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                var files = AnalysisReport.FilesOf(path);
                var run = AnalysisRun.Begin(inputs, parsed, files, terminal);
                var report = new AnalysisReport(run.Produce(cancellation).Curvature);
                report.Write(path);
                return Task.FromResult(run.Finish(path, report.ToJson, () => AnalysisView.ShowReport(terminal, report.Document, files)));
            }
        );
        return command;
    }
}
