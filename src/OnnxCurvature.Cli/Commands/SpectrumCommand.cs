using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature spectrum</c>.</summary>
internal static class SpectrumCommand
{
    /// <summary>The command.</summary>
    public static ToolCommand Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "DENSITY.csv",
            "The file of the spectral densities. It has a line for each point: part, value, share [default: none].",
            required: false,
            isChecked: false
        );
        var inputs = new AnalysisInputs(output, isPriced: false, isFloat64: true);
        var spectrum = new SpectrumArguments();
        var command = new ToolCommand(
            "spectrum",
            "Give the largest and smallest eigenvalues of the Hessian with bounds, its trace, and the density of its spectrum."
        )
        {
            Examples =
            [
                "onnx-curvature spectrum vgg16.onnx --wrt 'fc*' --loss cross-entropy --data image=images.npy labels=labels.npy",
                "onnx-curvature spectrum vgg16.onnx -o density.csv --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--together --steps 80",
            ],
        };
        inputs.AddTo(command, spectrum);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var path = parsed.GetValue(output.Output);
                var run = AnalysisRun.Begin(inputs, parsed, path is null ? [] : [path], terminal);
                var input = run.Input;
                var result = run.Show(progress =>
                    CurvatureAnalyzer.Spectrum(
                        input.Model,
                        input.Request,
                        input.Data,
                        input.RunOptions,
                        spectrum.OptionsOf(parsed),
                        progress,
                        cancellation
                    )
                );
                if (path is not null)
                    TextFile.Write(path, result.DensityToCsv());
                return Task.FromResult(run.Finish(path, result.ToJson, () => SpectrumView.Show(terminal, result, path)));
            }
        );
        return command;
    }
}
