using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature importance</c>.</summary>
internal static class ImportanceCommand
{
    /// <summary>The command.</summary>
    public static ToolCommand Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "OUT.npz",
            "The file of the arrays. It holds NAME.anchor and NAME.importance for each weight.",
            required: true,
            isChecked: true
        );
        var inputs = new AnalysisInputs(output, isPriced: false);
        var importance = new ImportanceArguments();
        var command = new ToolCommand(
            "importance",
            "Give the importance of weights for continued training: the diagonal of the Fisher matrix, with anchor weights."
        )
        {
            Examples =
            [
                "onnx-curvature importance vgg16.onnx -o ewc.npz --loss cross-entropy --data image=images.npy labels=labels.npy",
                "onnx-curvature importance vgg16.onnx -o ewc.npz --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--fisher sampled --probes 64",
            ],
        };
        inputs.AddTo(command, importance);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                var run = AnalysisRun.Begin(inputs, parsed, [path], terminal);
                var input = run.Input;
                var (request, samplesLabels) = importance.RequestOf(input.Request, parsed);
                var result = run.Show(progress =>
                    CurvatureAnalyzer.Importance(input.Model, request, input.Data, input.RunOptions, samplesLabels, progress, cancellation)
                );
                result.WriteArrays(path);
                return Task.FromResult(run.Finish(path, result.ToJson, () => ImportanceView.Show(terminal, result, path)));
            }
        );
        return command;
    }
}
