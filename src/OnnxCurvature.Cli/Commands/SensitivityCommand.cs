using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature sensitivity</c>.</summary>
internal static class SensitivityCommand
{
    /// <summary>The command.</summary>
    public static ToolCommand Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "FOLDER",
            "The folder of sensitivity.json and sensitivity.csv. With --target-size also of nodes_to_exclude.json and bits.json.",
            required: true,
            isChecked: true
        );
        var inputs = new AnalysisInputs(output);
        var quantization = new QuantizationArguments();
        var command = new ToolCommand(
            "sensitivity",
            "Predict from the curvature what quantizing each kernel and matrix does to the loss, and choose bits for a size."
        )
        {
            Examples =
            [
                "onnx-curvature sensitivity vgg16.onnx -o quantization --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--target-size 40M",
                "onnx-curvature sensitivity vgg16.onnx -o quantization --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--bits 4 --granularity channel --measure",
            ],
        };
        inputs.AddTo(command, quantization);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var folder = parsed.GetValue(output.Output)!;
                var options = quantization.OptionsOf(parsed);
                var files = QuantizationFiles.FilesOf(folder, quantization.HasTarget(parsed));
                var run = AnalysisRun.Begin(inputs, parsed, files, terminal);
                var (analysis, curvature) = run.Produce(cancellation);
                var result = run.Show(progress => CurvatureAnalyzer.Quantize(analysis, curvature, options, progress, cancellation));
                QuantizationFiles.Write(folder, result);
                return Task.FromResult(
                    run.Finish(folder, () => QuantizationFiles.ToJson(result), () => SensitivityView.Show(terminal, result, files))
                );
            }
        );
        return command;
    }
}
