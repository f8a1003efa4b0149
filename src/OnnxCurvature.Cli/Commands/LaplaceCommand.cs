using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature laplace</c>.</summary>
internal static class LaplaceCommand
{
    /// <summary>The command.</summary>
    public static ToolCommand Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "OUT.onnx",
            "The model to write. It also gives out the predictive variance of the value that the loss is taken of.",
            required: true,
            isChecked: true
        );
        var inputs = new AnalysisInputs(output, isSummed: true);
        var laplace = new LaplaceArguments();
        var command = new ToolCommand(
            "laplace",
            "Give a posterior of the weights by their curvature, and a model that also gives out the variance of its predictions."
        )
        {
            Examples =
            [
                "onnx-curvature laplace vgg16.onnx -o sure.onnx --wrt 'fc8.*' --diagonal ggn --loss cross-entropy --data image=images.npy "
                    + "labels=labels.npy",
                "onnx-curvature laplace vgg16.onnx -o sure.onnx --wrt 'fc8.*' --loss cross-entropy --data image=images.npy "
                    + "labels=labels.npy --prior 100 --variances posterior.npz",
            ],
        };
        inputs.AddTo(command, laplace);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetRequiredValue(output.Output)!;
                var arrays = parsed.GetValue(laplace.Variances);
                string[] files = [.. new[] { path, arrays }.OfType<string>()];
                var run = AnalysisRun.Begin(inputs, parsed, files, terminal);
                var (analysis, curvature) = run.Produce(cancellation);
                var result = CurvatureAnalyzer.Laplace(curvature, laplace.PriorOf(parsed));
                var outputs = CurvatureAnalyzer.WritePredictive(analysis, curvature, result, path);
                if (arrays is not null)
                    result.WriteArrays(arrays);
                return Task.FromResult(run.Finish(path, result.ToJson, () => LaplaceView.Show(terminal, result, outputs, files)));
            }
        );
        return command;
    }
}
